-- attack: jit, which is not there
-- phase: on_candle
-- ends: script_fault jit is not there
local M = { api = 1, name = 'absent_jit', version = 1 }

function M:on_candle(c)
  jit.on()
end

return M
