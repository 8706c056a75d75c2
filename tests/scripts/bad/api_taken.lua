-- expect 8: error: 'close' is a name of the API: the script needs another one
-- expect 11: error: 'orders' is a name of the API: the script needs another one
-- expect 12: error: 'now' is a name of the API: the script needs another one
local M = { api = 1, name = 'api_taken', version = 1 }

function M:on_candle(c) self.price = c.close end

function M:close() self.price = nil end

function M:on_start()
  self.orders = {}
  self.now = 0
end

return M
