-- attack: an order without its reason
-- phase: on_candle
-- ends: script_fault reason
-- needs: host
local M = { api = 1, name = 'order_without_reason', version = 1 }

function M:on_candle(c)
  self:buy(c.symbol, { quantity = 1 })
end

return M
