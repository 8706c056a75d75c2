-- attack: recursion through __eq
-- phase: on_candle
-- ends: script_fault stack overflow
local M = { api = 1, name = 'meta_eq', version = 1 }

function M:on_candle(c)
  local m = {}
  local t, u = setmetatable({}, m), setmetatable({}, m)
  function m.__eq() return not (t == u) end
  return t == u
end

return M
