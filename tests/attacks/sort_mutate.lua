-- attack: a comparator that empties the table: harmless
-- phase: on_candle
-- ends: ok
local M = { api = 1, name = 'sort_mutate', version = 1 }

function M:on_candle(c)
  local t = { 3, 1, 2 }
  table.sort(t, function(a, b)
    t[1], t[2], t[3] = nil, nil, nil
    return a < b
  end)
  assert(t[1] == 1 and t[2] == 2 and t[3] == 3)
end

return M
