-- attack: a global that was never declared
-- phase: on_candle
-- ends: script_fault global 'count' was never declared
local M = { api = 1, name = 'global_write', version = 1 }

function M:on_candle(c)
  count = 1
end

return M
