-- attack: recursion through __index
-- phase: on_candle
-- ends: script_fault stack overflow
local M = { api = 1, name = 'meta_index', version = 1 }

function M:on_candle(c)
  local m = {}
  local t, u = setmetatable({}, m), setmetatable({}, m)
  function m.__index() local x = t.x == nil return x end
  return t.x == nil
end

return M
