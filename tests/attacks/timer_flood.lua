-- attack: timers without end
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
-- needs: host
local M = { api = 1, name = 'timer_flood', version = 1 }

function M:on_candle(c)
  local i = 0
  while true do
    i = i + 1
    self:timer('t' .. i, { after = 1 })
  end
end

return M
