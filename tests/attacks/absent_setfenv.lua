-- attack: setfenv, which is not there
-- phase: on_candle
-- ends: script_fault setfenv is not there
local M = { api = 1, name = 'absent_setfenv', version = 1 }

function M:on_candle(c)
  setfenv(1, {})
end

return M
