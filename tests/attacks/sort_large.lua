-- attack: a sort in C that takes longer than the handler may
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'sort_large', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, 30000 do t[i] = (i * 7919) % 30011 end
  while true do table.sort(t, nil) t[1], t[30000] = t[30000], t[1] end
end

return M
