-- attack: endless loop: a step that costs as much as the table
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'loop_next', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, 5000 do t[-i] = i end
  while true do
    local k = next(t)
    while k do k = next(t, k) end
  end
end

return M
