-- expect 5: error: rsii
local M = { api = 1, name = 'start_indicator', version = 1 }

function M:on_start()
  self.rsi = self:indicator('rsii', 'BTC-USDT-SWAP', '5m', {})
end

function M:on_candle() end

return M
