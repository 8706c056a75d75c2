-- attack: recursion without end
-- phase: on_candle
-- ends: script_fault stack overflow
local M = { api = 1, name = 'recursion', version = 1 }

local function deep() return 1 + deep() end

function M:on_candle(c)
  return 1 + deep()
end

return M
