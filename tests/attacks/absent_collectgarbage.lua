-- attack: collectgarbage, which is not there
-- phase: on_candle
-- ends: script_fault collectgarbage is not there
local M = { api = 1, name = 'absent_collectgarbage', version = 1 }

function M:on_candle(c)
  collectgarbage('stop')
end

return M
