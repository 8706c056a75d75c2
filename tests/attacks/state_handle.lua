-- attack: a handle in the state
-- phase: on_candle
-- ends: script_fault state.h: a handle cannot be kept
-- needs: host
local M = { api = 1, name = 'state_handle', version = 1 }

function M:on_candle(c)
  self.state.h = self:instrument(c.symbol)
end

return M
