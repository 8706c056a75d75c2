-- attack: signals without end, slowly, so that time is over before the memory for their texts is
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
-- needs: host
local M = { api = 1, name = 'signal_flood', version = 1 }

function M:on_candle(c)
  while true do
    self:signal{ symbol = c.symbol, side = 'buy', kind = 'x', accepted = true, reason = 'x' }
    for i = 1, 50000 do end
  end
end

return M
