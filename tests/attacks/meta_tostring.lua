-- attack: recursion through __tostring
-- phase: on_candle
-- ends: script_fault nested over 200 deep
local M = { api = 1, name = 'meta_tostring', version = 1 }

function M:on_candle(c)
  local m = {}
  function m.__tostring(t) return 'x' .. tostring(t) end
  return tostring(setmetatable({}, m)) .. ''
end

return M
