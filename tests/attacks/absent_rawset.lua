-- attack: rawset, which is not there
-- phase: on_candle
-- ends: script_fault rawset is not there
local M = { api = 1, name = 'absent_rawset', version = 1 }

function M:on_candle(c)
  rawset(string, 'format', nil)
end

return M
