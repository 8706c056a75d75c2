-- attack: recursion through __unm
-- phase: on_candle
-- ends: script_fault stack overflow
local M = { api = 1, name = 'meta_unm', version = 1 }

function M:on_candle(c)
  local m = {}
  local t, u = setmetatable({}, m), setmetatable({}, m)
  function m.__unm() local x = -t == nil return x end
  return -t == nil
end

return M
