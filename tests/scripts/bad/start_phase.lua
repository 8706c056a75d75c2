-- expect 5: error: buy
local M = { api = 1, name = 'start_phase', version = 1 }

function M:on_start()
  self:buy('BTC-USDT-SWAP', { value = 100, reason = 'early' })
end

function M:on_candle() end

return M
