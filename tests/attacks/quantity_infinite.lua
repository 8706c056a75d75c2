-- attack: a quantity that is none
-- phase: on_candle
-- ends: script_fault quantity must be a finite number
-- needs: host
local M = { api = 1, name = 'quantity_infinite', version = 1 }

function M:on_candle(c)
  self:buy(c.symbol, { quantity = 1 / 0, reason = 'x' })
end

return M
