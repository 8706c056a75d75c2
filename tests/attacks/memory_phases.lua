-- attack: blocks of one size, then of another
-- phase: on_candle
-- ends: ok
local M = { api = 1, name = 'memory_phases', version = 1 }

function M:on_candle(c)
  for size = 1, 12 do
    local t = {}
    for i = 1, 300 do t[i] = ('x'):rep(size * 16) .. i end
  end
end

return M
