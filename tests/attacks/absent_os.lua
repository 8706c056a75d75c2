-- attack: os, which is not there
-- phase: on_candle
-- ends: script_fault os is not there
local M = { api = 1, name = 'absent_os', version = 1 }

function M:on_candle(c)
  os.execute('true')
end

return M
