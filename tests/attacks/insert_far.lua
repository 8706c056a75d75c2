-- attack: table.insert far before the first element
-- phase: on_candle
-- ends: script_fault position out of bounds
local M = { api = 1, name = 'insert_far', version = 1 }

function M:on_candle(c)
  table.insert({}, -2147483648, 1)
end

return M
