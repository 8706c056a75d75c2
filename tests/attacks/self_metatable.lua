-- attack: the metatable of self
-- phase: on_candle
-- ends: script_fault attempt to index a boolean value
-- needs: host
local M = { api = 1, name = 'self_metatable', version = 1 }

function M:on_candle(c)
  getmetatable(self).__index = nil
end

return M
