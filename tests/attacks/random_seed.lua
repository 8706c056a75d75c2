-- attack: a random number that nobody could repeat: there is none
-- phase: on_candle
-- ends: ok
local M = { api = 1, name = 'random_seed', version = 1 }

function M:on_candle(c)
  local x = math.random(1, 2 ^ 53)
  assert(x >= 1 and x <= 2 ^ 53 and x % 1 == 0)
  assert(not pcall(function() math.randomseed(x) end))
end

return M
