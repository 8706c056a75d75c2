-- attack: the metatable of a library
-- phase: on_candle
-- ends: script_fault this metatable is protected
local M = { api = 1, name = 'meta_locked', version = 1 }

function M:on_candle(c)
  setmetatable(math, { __index = function() return 1 end })
end

return M
