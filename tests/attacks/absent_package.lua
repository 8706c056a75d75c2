-- attack: package, which is not there
-- phase: on_candle
-- ends: script_fault package is not there
local M = { api = 1, name = 'absent_package', version = 1 }

function M:on_candle(c)
  package.loadlib('libc.so.6', 'system')
end

return M
