-- attack: a field of strings
-- phase: on_candle
-- ends: script_fault attempt to index
local M = { api = 1, name = 'string_field', version = 1 }

function M:on_candle(c)
  local s = 'x'
  s.upper = function() end
end

return M
