-- attack: a format with thousands of wide fields: harmless
-- phase: on_candle
-- ends: ok
local M = { api = 1, name = 'string_format_many', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, 1000 do t[i] = i end
  return string.format(('%99d'):rep(1000), unpack(t)) .. 'x'
end

return M
