-- attack: indicators without end
-- phase: on_start
-- ends: quota more than 64 indicators
-- needs: host
local M = { api = 1, name = 'indicator_flood', version = 1 }

function M:on_start()
  for i = 2, 1000 do self:indicator('ema', 'BTC-USDT-SWAP', '1m', { length = i }) end
end

return M
