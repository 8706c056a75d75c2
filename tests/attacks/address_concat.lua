-- attack: an address by an error text
-- phase: on_candle
-- ends: script_fault attempt to concatenate a table value
local M = { api = 1, name = 'address_concat', version = 1 }

function M:on_candle(c)
  return 'x' .. {}
end

return M
