-- attack: the order of the hash: nobody sees it
-- phase: on_candle
-- ends: ok
local M = { api = 1, name = 'hash_order', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 26, 1, -1 do t[string.char(96 + i)] = i end
  local seen = ''
  for k in pairs(t) do seen = seen .. k end
  assert(seen == 'abcdefghijklmnopqrstuvwxyz')
end

return M
