-- attack: recursion through json.encode
-- phase: on_candle
-- ends: script_fault json.encode: over 32 tables deep
local M = { api = 1, name = 'json_deep', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, 5000 do t = { t } end
  json.encode(t)
end

return M
