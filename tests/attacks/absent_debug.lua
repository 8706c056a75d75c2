-- attack: debug, which is not there
-- phase: on_candle
-- ends: script_fault debug is not there
local M = { api = 1, name = 'absent_debug', version = 1 }

function M:on_candle(c)
  debug.getregistry()
end

return M
