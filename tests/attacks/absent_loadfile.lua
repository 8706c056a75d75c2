-- attack: loadfile, which is not there
-- phase: on_candle
-- ends: script_fault loadfile is not there
local M = { api = 1, name = 'absent_loadfile', version = 1 }

function M:on_candle(c)
  loadfile('/etc/passwd')
end

return M
