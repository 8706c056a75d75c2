-- attack: recursion with growing arguments
-- phase: on_candle
-- ends: script_fault stack overflow
local M = { api = 1, name = 'recursion_varargs', version = 1 }

local function grow(...) return 1 + grow(1, ...) end

function M:on_candle(c)
  return grow()
end

return M
