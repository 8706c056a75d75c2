-- attack: an order where none may be asked
-- phase: on_start
-- ends: script_fault self:buy is not possible in on_start
-- needs: host
local M = { api = 1, name = 'order_in_start', version = 1 }

function M:on_start()
  self:buy('BTC-USDT-SWAP', { quantity = 1, reason = 'x' })
end

return M
