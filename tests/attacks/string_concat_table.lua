-- attack: string bomb by table.concat
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'string_concat_table', version = 1 }

function M:on_candle(c)
  local s, t = ('x'):rep(100000), {}
  for i = 1, 10000 do t[i] = s end
  return table.concat(t) == nil
end

return M
