-- expect 2: error: M.version must be a whole number from 1
local M = { api = 1, name = 'wrong_version', version = 0.5 }

function M:on_candle() end

return M
