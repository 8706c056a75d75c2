-- attack: endless loop
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'loop_tail', version = 1 }

local function spin() return spin() end

function M:on_candle(c)
  return spin()
end

return M
