-- attack: a metatable in the state that would run code
-- phase: on_candle
-- ends: script_fault state.t: a table with a metatable cannot be kept
-- needs: host
local M = { api = 1, name = 'state_metatable', version = 1 }

function M:on_candle(c)
  self.state.t = setmetatable({}, { __index = function() while true do end end })
end

return M
