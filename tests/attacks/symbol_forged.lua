-- attack: a symbol of nobody
-- phase: on_candle
-- ends: ok
-- needs: host
local M = { api = 1, name = 'symbol_forged', version = 1 }

function M:on_candle(c)
  local id, code = self:buy('../../etc', { quantity = 1, reason = 'x' })
  assert(id == nil and code == 'unknown_symbol')
end

return M
