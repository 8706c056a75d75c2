-- attack: more orders than a handler may ask: refused, not faulted
-- phase: on_candle
-- ends: ok
-- needs: host
local M = { api = 1, name = 'order_many', version = 1 }

function M:on_candle(c)
  local refused
  for i = 1, 1000 do
    local id, code = self:buy(c.symbol, { quantity = 0.01, price = 1, reason = 'x' })
    refused = refused or code
  end
  assert(refused == 'quota')
end

return M
