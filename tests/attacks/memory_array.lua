-- attack: memory bomb
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'memory_array', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, math.huge do t[i] = i end
end

return M
