-- attack: ffi, which is not there
-- phase: on_candle
-- ends: script_fault ffi is not there
local M = { api = 1, name = 'absent_ffi', version = 1 }

function M:on_candle(c)
  ffi.C.abort()
end

return M
