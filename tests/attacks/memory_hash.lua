-- attack: memory bomb
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'memory_hash', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, math.huge do t[('k'):rep(2000) .. i] = i end
end

return M
