-- attack: a cycle in json.encode
-- phase: on_candle
-- ends: script_fault json.encode: over 32 tables deep
local M = { api = 1, name = 'json_cycle', version = 1 }

function M:on_candle(c)
  local t = {}
  t.t = t
  json.encode(t)
end

return M
