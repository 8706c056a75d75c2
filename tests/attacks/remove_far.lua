-- attack: table.remove far behind the last element
-- phase: on_candle
-- ends: script_fault position out of bounds
local M = { api = 1, name = 'remove_far', version = 1 }

function M:on_candle(c)
  table.remove({ 1 }, 2147483647)
end

return M
