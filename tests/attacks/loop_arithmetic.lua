-- attack: endless loop through __add
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'loop_arithmetic', version = 1 }

function M:on_candle(c)
  local t = setmetatable({}, { __add = function(a) return a end })
  while true do t = t + 1 end
end

return M
