-- attack: math.randomseed, which is not there
-- phase: on_candle
-- ends: script_fault math.randomseed is not there
local M = { api = 1, name = 'absent_math_randomseed', version = 1 }

function M:on_candle(c)
  math.randomseed(0)
end

return M
