-- attack: recursion without end
-- phase: on_candle
-- ends: script_fault stack overflow
local M = { api = 1, name = 'recursion_mutual', version = 1 }

local even, odd
function even(n) return not odd(n + 1) end
function odd(n) return not even(n + 1) end

function M:on_candle(c)
  return even(1)
end

return M
