-- attack: pcall swallows the deadline
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'pcall_loop', version = 1 }

function M:on_candle(c)
  while true do pcall(function() while true do end end) end
end

return M
