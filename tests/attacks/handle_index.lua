-- attack: a handle read far back: nil
-- phase: on_candle
-- ends: ok
-- needs: host
local M = { api = 1, name = 'handle_index', version = 1 }

function M:on_candle(c)
  local s = self:instrument(c.symbol)
  assert(s)
end

return M
