-- attack: newproxy, which is not there
-- phase: on_candle
-- ends: script_fault newproxy is not there
local M = { api = 1, name = 'absent_newproxy', version = 1 }

function M:on_candle(c)
  newproxy(true)
end

return M
