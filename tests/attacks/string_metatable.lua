-- attack: the metatable that strings share
-- phase: on_candle
-- ends: script_fault table expected, got string
local M = { api = 1, name = 'string_metatable', version = 1 }

function M:on_candle(c)
  getmetatable('').__index = function() return 1 end
end

return M
