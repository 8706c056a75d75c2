-- attack: string bomb
-- phase: on_candle
-- ends: script_fault string.rep: the result would be over 1 MiB
local M = { api = 1, name = 'string_rep_infinite', version = 1 }

function M:on_candle(c)
  return ('x'):rep(1 / 0) .. 'x'
end

return M
