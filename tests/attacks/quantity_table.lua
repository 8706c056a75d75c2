-- attack: a quantity that is none
-- phase: on_candle
-- ends: script_fault quantity must be a number, not table
-- needs: host
local M = { api = 1, name = 'quantity_table', version = 1 }

function M:on_candle(c)
  self:buy(c.symbol, { quantity = {}, reason = 'x' })
end

return M
