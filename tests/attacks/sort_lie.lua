-- attack: a comparator without an order: harmless
-- phase: on_candle
-- ends: ok
local M = { api = 1, name = 'sort_lie', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, 200 do t[i] = i end
  table.sort(t, function() return true end)
  table.sort(t, function() return math.random() < 0.5 end)
  local sum = 0
  for i = 1, 200 do sum = sum + t[i] end
  assert(sum == 20100)
end

return M
