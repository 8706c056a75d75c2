-- attack: string bomb: a million parts
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'string_split', version = 1 }

function M:on_candle(c)
  return #(','):rep(1000000):split(',')
end

return M
