-- attack: endless loop
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'loop_for', version = 1 }

function M:on_candle(c)
  for i = 1, math.huge do end
end

return M
