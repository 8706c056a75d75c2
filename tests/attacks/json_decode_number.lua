-- attack: a number that is not finite
-- phase: on_candle
-- ends: script_fault json.decode: a number out of range
local M = { api = 1, name = 'json_decode_number', version = 1 }

function M:on_candle(c)
  json.decode('1e999')
end

return M
