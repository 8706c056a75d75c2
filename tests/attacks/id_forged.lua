-- attack: ids of orders that are not ours
-- phase: on_candle
-- ends: ok
-- needs: host
local M = { api = 1, name = 'id_forged', version = 1 }

function M:on_candle(c)
  local id, code = self:cancel('BTC-USDT-SWAP-1')
  assert(id == nil and code == 'not_open')
  id, code = self:cancel('')
  assert(id == nil and code == 'not_open')
  id, code = self:cancel(('x'):rep(100000))
  assert(id == nil and code == 'not_open')
  id, code = self:amend('zzzz999999999999999999999', { price = 1, reason = 'x' })
  assert(id == nil and code == 'not_open')
  assert(self:order('\0') == nil)
end

return M
