-- attack: a table shared 2^30 times
-- phase: on_candle
-- ends: script_fault json.encode: over 256 KiB
local M = { api = 1, name = 'json_wide', version = 1 }

function M:on_candle(c)
  local t = { ('x'):rep(1000) }
  for i = 1, 30 do t = { t, t } end
  json.encode(t)
end

return M
