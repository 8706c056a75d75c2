-- attack: dofile, which is not there
-- phase: on_candle
-- ends: script_fault dofile is not there
local M = { api = 1, name = 'absent_dofile', version = 1 }

function M:on_candle(c)
  dofile('/etc/passwd')
end

return M
