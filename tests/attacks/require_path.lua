-- attack: a file outside the script
-- phase: on_candle
-- ends: script_fault require '../../../etc/passwd': there is no such file
local M = { api = 1, name = 'require_path', version = 1 }

function M:on_candle(c)
  local x = require '../../../etc/passwd'
end

return M
