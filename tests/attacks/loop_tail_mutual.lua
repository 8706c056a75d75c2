-- attack: endless loop
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'loop_tail_mutual', version = 1 }

local ping, pong
function ping(n) return pong(n + 1) end
function pong(n) return ping(n - 1) end

function M:on_candle(c)
  return ping(0)
end

return M
