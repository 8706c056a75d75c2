-- attack: messages without end
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
-- needs: host
local M = { api = 1, name = 'notify_flood', version = 1 }

function M:on_candle(c)
  while true do self:notify('x') end
end

return M
