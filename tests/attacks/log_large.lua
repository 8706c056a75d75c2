-- attack: a line of 400 KB
-- phase: on_candle
-- ends: ok
-- needs: host
local M = { api = 1, name = 'log_large', version = 1 }

function M:on_candle(c)
  self:log(('x'):rep(400000))
end

return M
