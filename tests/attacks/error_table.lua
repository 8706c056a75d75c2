-- attack: an error whose text would run code
-- phase: on_candle
-- ends: script_fault an error that is a table
local M = { api = 1, name = 'error_table', version = 1 }

function M:on_candle(c)
  error(setmetatable({}, { __tostring = function() while true do end end }))
end

return M
