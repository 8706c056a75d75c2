-- attack: numbers that open the FFI
-- phase: on_candle
-- ends: bad_syntax numbers that end in LL, ULL or i are not there
local M = { api = 1, name = 'boxed_number', version = 1 }

function M:on_candle(c)
  return 1LL + 2ULL
end

return M
