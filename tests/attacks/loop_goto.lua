-- attack: endless loop
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'loop_goto', version = 1 }

function M:on_candle(c)
  ::again::
  goto again
end

return M
