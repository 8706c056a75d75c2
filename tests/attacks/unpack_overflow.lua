-- attack: unpack with bounds that overflow
-- phase: on_candle
-- ends: script_fault too many results to unpack
local M = { api = 1, name = 'unpack_overflow', version = 1 }

function M:on_candle(c)
  return select('#', unpack({}, -2147483647, 2147483647))
end

return M
