-- attack: a conversion whose result differs between machines
-- phase: on_candle
-- ends: script_fault not a whole number in range
local M = { api = 1, name = 'string_format_number', version = 1 }

function M:on_candle(c)
  return string.format('%d', 1e300) .. 'x'
end

return M
