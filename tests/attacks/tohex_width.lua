-- attack: bit.tohex with a width that overflowed once: harmless
-- phase: on_candle
-- ends: ok
local M = { api = 1, name = 'tohex_width', version = 1 }

function M:on_candle(c)
  assert(#bit.tohex(1, -2147483648) == 8)
end

return M
