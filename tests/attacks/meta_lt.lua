-- attack: recursion through __lt
-- phase: on_candle
-- ends: script_fault stack overflow
local M = { api = 1, name = 'meta_lt', version = 1 }

function M:on_candle(c)
  local m = {}
  local t, u = setmetatable({}, m), setmetatable({}, m)
  function m.__lt() local x = t < u return x end
  return t < u
end

return M
