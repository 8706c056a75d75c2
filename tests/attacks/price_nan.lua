-- attack: a price that is none
-- phase: on_candle
-- ends: script_fault price must be a finite number
-- needs: host
local M = { api = 1, name = 'price_nan', version = 1 }

function M:on_candle(c)
  self:buy(c.symbol, { quantity = 1, price = 0 / 0, reason = 'x' })
end

return M
