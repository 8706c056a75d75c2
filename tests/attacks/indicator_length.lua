-- attack: an indicator of a length that is none
-- phase: on_start
-- ends: out_of_range length must be a whole number
-- needs: host
local M = { api = 1, name = 'indicator_length', version = 1 }

function M:on_start()
  self:indicator('ema', 'BTC-USDT-SWAP', '1m', { length = 1e9 })
end

return M
