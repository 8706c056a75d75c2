-- attack: endless loop
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'loop_for_step_zero', version = 1 }

function M:on_candle(c)
  for i = 1, 2, 0 do end
end

return M
