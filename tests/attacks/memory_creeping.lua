-- attack: memory that grows with every event
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'memory_creeping', version = 1 }

local kept = {}

function M:on_candle(c)
  kept[#kept + 1] = ('x'):rep(100000) .. #kept
end

return M
