-- attack: a quantity that is none
-- phase: on_candle
-- ends: script_fault quantity must be a number, not string
-- needs: host
local M = { api = 1, name = 'quantity_text', version = 1 }

function M:on_candle(c)
  self:buy(c.symbol, { quantity = 'much', reason = 'x' })
end

return M
