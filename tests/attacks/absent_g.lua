-- attack: _G, which is not there
-- phase: on_candle
-- ends: script_fault _G is not there
local M = { api = 1, name = 'absent_g', version = 1 }

function M:on_candle(c)
  _G.math = nil
end

return M
