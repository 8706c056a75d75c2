-- attack: a state over its size
-- phase: on_candle
-- ends: quota larger than 64 KiB
-- needs: host
local M = { api = 1, name = 'state_large', version = 1 }

function M:on_candle(c)
  self.state.s = ('x'):rep(200000)
end

return M
