-- attack: endless loop
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'loop_pairs', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, 5000 do t['k' .. i] = i end
  while true do
    for k in pairs(t) do t[k] = k end
  end
end

return M
