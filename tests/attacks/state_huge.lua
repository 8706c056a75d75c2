-- attack: a state of 100 MiB
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
-- needs: host
local M = { api = 1, name = 'state_huge', version = 1 }

function M:on_candle(c)
  for i = 1, 100 do self.state[i] = ('x'):rep(1024 * 1024 - 8) .. i end
end

return M
