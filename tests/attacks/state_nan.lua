-- attack: a number that is none in the state
-- phase: on_candle
-- ends: script_fault state.x: a number that is not finite cannot be kept
-- needs: host
local M = { api = 1, name = 'state_nan', version = 1 }

function M:on_candle(c)
  self.state.x = 0 / 0
end

return M
