-- attack: pcall swallows the deadline and returns in peace
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'pcall_return', version = 1 }

function M:on_candle(c)
  pcall(function() while true do end end)
  return 'nothing happened'
end

return M
