-- attack: a __tostring that does not return
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'meta_tostring_spin', version = 1 }

function M:on_candle(c)
  return tostring(setmetatable({}, { __tostring = function() while true do end end })) .. ''
end

return M
