-- attack: endless loop in long C functions
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'loop_string', version = 1 }

function M:on_candle(c)
  local s = ('ab'):rep(50000)
  while true do
    s:upper():reverse():lower()
  end
end

return M
