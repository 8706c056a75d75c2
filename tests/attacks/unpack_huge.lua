-- attack: unpack of a hundred million
-- phase: on_candle
-- ends: script_fault too many results to unpack
local M = { api = 1, name = 'unpack_huge', version = 1 }

function M:on_candle(c)
  return select('#', unpack({}, 1, 1e8))
end

return M
