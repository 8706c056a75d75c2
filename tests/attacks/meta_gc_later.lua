-- attack: a finalizer set afterwards: tables have none, harmless
-- phase: on_candle
-- ends: ok
local M = { api = 1, name = 'meta_gc_later', version = 1 }

function M:on_candle(c)
  local m = {}
  for i = 1, 100 do setmetatable({}, m) end
  m.__gc = function() while true do end end
  for i = 1, 1000 do local s = 'x' .. i end
end

return M
