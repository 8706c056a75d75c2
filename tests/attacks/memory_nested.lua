-- attack: memory bomb
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'memory_nested', version = 1 }

function M:on_candle(c)
  local t = {}
  while true do t = { t } end
end

return M
