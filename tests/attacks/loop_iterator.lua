-- attack: endless loop
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'loop_iterator', version = 1 }

function M:on_candle(c)
  for x in function() return 1 end do end
end

return M
