-- attack: recursion through json.decode
-- phase: on_candle
-- ends: script_fault json.decode: nested too deep
local M = { api = 1, name = 'json_decode_deep', version = 1 }

function M:on_candle(c)
  json.decode(('['):rep(200000))
end

return M
