-- expect 2: error: M.api must be 1, the script API of this program
local M = { api = 2, name = 'wrong_api', version = 1 }

function M:on_candle() end

return M
