-- attack: rawget, which is not there
-- phase: on_candle
-- ends: script_fault rawget is not there
local M = { api = 1, name = 'absent_rawget', version = 1 }

function M:on_candle(c)
  rawget({}, 1)
end

return M
