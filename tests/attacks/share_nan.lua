-- attack: a share that is none
-- phase: on_candle
-- ends: script_fault share must be a finite number
-- needs: host
local M = { api = 1, name = 'share_nan', version = 1 }

function M:on_candle(c)
  self:close(c.symbol, { share = 0 / 0, reason = 'x' })
end

return M
