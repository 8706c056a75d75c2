-- attack: a stop that is none
-- phase: on_candle
-- ends: script_fault stop must be a finite number
-- needs: host
local M = { api = 1, name = 'stop_infinite', version = 1 }

function M:on_candle(c)
  self:sell(c.symbol, { quantity = 1, stop = -1 / 0, reason = 'x' })
end

return M
