-- attack: print, which is not there
-- phase: on_candle
-- ends: script_fault print is not there
local M = { api = 1, name = 'absent_print', version = 1 }

function M:on_candle(c)
  print('x')
end

return M
