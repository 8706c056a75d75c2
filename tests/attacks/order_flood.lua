-- attack: orders without end
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
-- needs: host
local M = { api = 1, name = 'order_flood', version = 1 }

function M:on_candle(c)
  while true do self:buy(c.symbol, { quantity = 0.01, price = 1, reason = 'x' }) end
end

return M
