-- expect 4: error: symbol
local M = { api = 1, name = 'params_symbol', version = 1 }

M.params = { symbol = { type = 'symbol', default = 'BTC-USDT-SWOP' } }

function M:on_candle() end

return M
