-- attack: a comparator that does not return
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'sort_spin', version = 1 }

function M:on_candle(c)
  table.sort({ 2, 1 }, function() while true do end end)
end

return M
