-- attack: a quantity that is none
-- phase: on_candle
-- ends: script_fault quantity must not be negative
-- needs: host
local M = { api = 1, name = 'quantity_negative', version = 1 }

function M:on_candle(c)
  self:buy(c.symbol, { quantity = -1, reason = 'x' })
end

return M
