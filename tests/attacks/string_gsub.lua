-- attack: recursion through a callback of gsub
-- phase: on_candle
-- ends: script_fault string.gsub is not there
local M = { api = 1, name = 'string_gsub', version = 1 }

function M:on_candle(c)
  local function f(s) return s:gsub('.', f) end
  return f('x')
end

return M
