-- attack: recursion through __call
-- phase: on_candle
-- ends: script_fault stack overflow
local M = { api = 1, name = 'meta_call', version = 1 }

function M:on_candle(c)
  local m = {}
  local t, u = setmetatable({}, m), setmetatable({}, m)
  function m.__call() local x = t() == nil return x end
  return t() == nil
end

return M
