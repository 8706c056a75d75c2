-- expect 7: error: a candle has no field 'clsoe', did you mean 'close'?
-- expect 8: error: self:buy has no field 'quantitiy', did you mean 'quantity'?
-- expect 9: error: self:close needs a reason
local M = { api = 1, name = 'api_fields', version = 1 }

function M:on_candle(c)
  if c.clsoe > c.open then
    self:buy(c.symbol, { quantitiy = 1, reason = 'up' })
    self:close(c.symbol, { share = 0.5 })
  end
end

return M
