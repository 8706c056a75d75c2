-- attack: xpcall, which is not there
-- phase: on_candle
-- ends: script_fault xpcall is not there
local M = { api = 1, name = 'absent_xpcall', version = 1 }

function M:on_candle(c)
  xpcall(error, function() while true do end end)
end

return M
