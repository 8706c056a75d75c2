-- attack: an empty interval
-- phase: on_candle
-- ends: script_fault math.random: the interval is empty
local M = { api = 1, name = 'random_empty', version = 1 }

function M:on_candle(c)
  return math.random(2, 1) == 1
end

return M
