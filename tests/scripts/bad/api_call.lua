-- expect 6: error: self:byu is no name of the API and the script never sets it, did you mean 'buy'?
-- expect 7: error: call it with a colon: self:sell(...)
local M = { api = 1, name = 'api_call', version = 1 }

function M:on_candle(c)
  self:byu(c.symbol, { value = 100, reason = 'low' })
  self.sell(c.symbol, { value = 100, reason = 'high' })
  self.cancel_all(self, c.symbol)
end

return M
