-- attack: a field that no order has
-- phase: on_candle
-- ends: script_fault unknown field 'cloid'
-- needs: host
local M = { api = 1, name = 'order_unknown_field', version = 1 }

function M:on_candle(c)
  self:buy(c.symbol, { quantity = 1, reason = 'x', cloid = '1' })
end

return M
