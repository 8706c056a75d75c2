-- attack: a cycle in the state
-- phase: on_candle
-- ends: script_fault state.loop: a table inside itself cannot be kept
-- needs: host
local M = { api = 1, name = 'state_cycle', version = 1 }

function M:on_candle(c)
  self.state.loop = self.state
end

return M
