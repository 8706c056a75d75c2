-- attack: parameters written
-- phase: on_candle
-- ends: script_fault parameters are read-only
-- needs: host
local M = { api = 1, name = 'params_write', version = 1 }

function M:on_candle(c)
  self.params.symbol = 'x'
end

return M
