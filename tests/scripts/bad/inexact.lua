-- expect 6: warning: math.exp: its last bit may differ between machines
-- expect 7: warning: ^: its last bit may differ between machines
local M = { api = 1, name = 'inexact', version = 1 }

function M:on_candle(c)
  self.weight = math.exp(-c.volume)
  self.square = c.close ^ 2
end

return M
