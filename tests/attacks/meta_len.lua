-- attack: recursion through __len, which tables have not in Lua 5.1: harmless
-- phase: on_candle
-- ends: ok
local M = { api = 1, name = 'meta_len', version = 1 }

function M:on_candle(c)
  local t = setmetatable({}, { __len = function(t) return #t end })
  assert(#t == 0)
end

return M
