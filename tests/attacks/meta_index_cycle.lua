-- attack: a cycle of __index
-- phase: on_candle
-- ends: script_fault loop in gettable
local M = { api = 1, name = 'meta_index_cycle', version = 1 }

function M:on_candle(c)
  local t = {}
  setmetatable(t, { __index = t })
  return t.x == nil
end

return M
