-- attack: messages without end
-- phase: on_candle
-- ends: quota the texts of this handler are too long together
-- needs: host
local M = { api = 1, name = 'notify_flood', version = 1 }

function M:on_candle(c)
  local text = ('x'):rep(10000)
  while true do self:notify(text) end
end

return M
