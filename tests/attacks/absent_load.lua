-- attack: load, which is not there
-- phase: on_candle
-- ends: script_fault load is not there
local M = { api = 1, name = 'absent_load', version = 1 }

function M:on_candle(c)
  load(function() return 'return 1' end)
end

return M
