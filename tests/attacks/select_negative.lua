-- attack: select before the first argument
-- phase: on_candle
-- ends: script_fault index out of range
local M = { api = 1, name = 'select_negative', version = 1 }

function M:on_candle(c)
  return select(-2147483648, 1, 2) == nil
end

return M
