-- attack: 400,000 results
-- phase: on_candle
-- ends: script_fault string slice too long
local M = { api = 1, name = 'string_byte', version = 1 }

function M:on_candle(c)
  return #{ (('x'):rep(400000)):byte(1, -1) }
end

return M
