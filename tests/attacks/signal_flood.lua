-- attack: signals without end
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
-- needs: host
local M = { api = 1, name = 'signal_flood', version = 1 }

function M:on_candle(c)
  while true do self:signal{ symbol = c.symbol, side = 'buy', kind = 'x', accepted = true, reason = 'x' } end
end

return M
