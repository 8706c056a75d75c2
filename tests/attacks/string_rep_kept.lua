-- attack: string bomb
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'string_rep_kept', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, 100 do t[i] = ('x'):rep(1000000) .. i end
end

return M
