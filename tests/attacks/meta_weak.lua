-- attack: weak tables show when memory is collected
-- phase: on_candle
-- ends: script_fault __mode is not there
local M = { api = 1, name = 'meta_weak', version = 1 }

function M:on_candle(c)
  setmetatable({}, { __mode = 'k' })
end

return M
