-- attack: a function in the state
-- phase: on_candle
-- ends: script_fault state.f: a function cannot be kept
-- needs: host
local M = { api = 1, name = 'state_function', version = 1 }

function M:on_candle(c)
  self.state.f = function() end
end

return M
