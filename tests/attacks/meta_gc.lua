-- attack: a finalizer
-- phase: on_candle
-- ends: script_fault __gc is not there
local M = { api = 1, name = 'meta_gc', version = 1 }

function M:on_candle(c)
  setmetatable({}, { __gc = function() while true do end end })
end

return M
