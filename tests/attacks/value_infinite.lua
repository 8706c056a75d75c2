-- attack: a value that is none
-- phase: on_candle
-- ends: script_fault value must be a finite number
-- needs: host
local M = { api = 1, name = 'value_infinite', version = 1 }

function M:on_candle(c)
  self:buy(c.symbol, { value = 1 / 0, reason = 'x' })
end

return M
