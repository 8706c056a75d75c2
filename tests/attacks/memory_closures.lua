-- attack: memory bomb
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'memory_closures', version = 1 }

function M:on_candle(c)
  local f = function() end
  while true do
    local before = f
    f = function() return before end
  end
end

return M
