-- attack: recursion through __newindex
-- phase: on_candle
-- ends: script_fault stack overflow
local M = { api = 1, name = 'meta_newindex', version = 1 }

function M:on_candle(c)
  local m = {}
  local t, u = setmetatable({}, m), setmetatable({}, m)
  function m.__newindex() t.x = 1 end
  t.x = 1
end

return M
