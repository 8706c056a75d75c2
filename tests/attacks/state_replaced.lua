-- attack: the state replaced by what is no table
-- phase: on_candle
-- ends: script_fault state: a table expected, not a number
-- needs: host
local M = { api = 1, name = 'state_replaced', version = 1 }

function M:on_candle(c)
  self.state = 5
end

return M
