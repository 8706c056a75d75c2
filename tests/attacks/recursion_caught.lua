-- attack: recursion without end, caught and repeated
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'recursion_caught', version = 1 }

local function deep() return 1 + deep() end

function M:on_candle(c)
  while true do pcall(deep) end
end

return M
