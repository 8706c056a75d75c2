-- attack: a chain of __index
-- phase: on_candle
-- ends: script_fault loop in gettable
local M = { api = 1, name = 'meta_index_chain', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, 1000 do t = setmetatable({}, { __index = t }) end
  return t.x == nil
end

return M
