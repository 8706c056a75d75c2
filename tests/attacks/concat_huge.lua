-- attack: table.concat of two thousand million
-- phase: on_candle
-- ends: script_fault invalid value (nil)
local M = { api = 1, name = 'concat_huge', version = 1 }

function M:on_candle(c)
  return table.concat({}, ',', 1, 2147483647) .. 'x'
end

return M
