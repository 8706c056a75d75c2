-- attack: pcall swallows the deadline, 190 deep
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'pcall_nested', version = 1 }

local function nest(n)
  if n == 0 then while true do end end
  while true do pcall(nest, n - 1) end
end

function M:on_candle(c)
  nest(190)
end

return M
