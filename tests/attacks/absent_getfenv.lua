-- attack: getfenv, which is not there
-- phase: on_candle
-- ends: script_fault getfenv is not there
local M = { api = 1, name = 'absent_getfenv', version = 1 }

function M:on_candle(c)
  getfenv(0).os.exit()
end

return M
