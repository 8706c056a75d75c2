-- expect 0: error: the script must return its table: end it with `return M`
local M = { api = 1, name = 'no_table', version = 1 }

function M:on_candle() end
