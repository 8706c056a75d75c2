-- attack: a json text over the limit
-- phase: on_candle
-- ends: script_fault json.decode: over 256 KiB
local M = { api = 1, name = 'json_decode_large', version = 1 }

function M:on_candle(c)
  json.decode('"' .. ('x'):rep(500000) .. '"')
end

return M
