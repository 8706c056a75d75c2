-- attack: recursion through a comparator
-- phase: on_candle
-- ends: script_fault nested over 200 deep
local M = { api = 1, name = 'sort_recursion', version = 1 }

function M:on_candle(c)
  local function less(a, b) table.sort({ 2, 1 }, less) return false end
  table.sort({ 2, 1 }, less)
end

return M
