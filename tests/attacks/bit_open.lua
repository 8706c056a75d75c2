-- attack: bits of what has none
-- phase: on_candle
-- ends: script_fault bit: nan has no 32 bits
local M = { api = 1, name = 'bit_open', version = 1 }

function M:on_candle(c)
  return bit.tohex(0 / 0) .. 'x'
end

return M
