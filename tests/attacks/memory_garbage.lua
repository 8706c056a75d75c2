-- attack: much garbage, little of it live: harmless
-- phase: on_candle
-- ends: ok
local M = { api = 1, name = 'memory_garbage', version = 1 }

function M:on_candle(c)
  for i = 1, 300 do
    local s = ('x'):rep(10000) .. i
  end
end

return M
