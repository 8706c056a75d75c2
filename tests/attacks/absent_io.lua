-- attack: io, which is not there
-- phase: on_candle
-- ends: script_fault io is not there
local M = { api = 1, name = 'absent_io', version = 1 }

function M:on_candle(c)
  io.open('/etc/passwd')
end

return M
