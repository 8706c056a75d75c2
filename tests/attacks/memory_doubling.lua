-- attack: memory bomb: a string doubled
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'memory_doubling', version = 1 }

function M:on_candle(c)
  local s = 'x'
  while true do s = s .. s end
end

return M
