-- attack: a new name in a library
-- phase: on_candle
-- ends: script_fault string.pwn: libraries are not for writing
local M = { api = 1, name = 'library_write', version = 1 }

function M:on_candle(c)
  string.pwn = function() end
end

return M
