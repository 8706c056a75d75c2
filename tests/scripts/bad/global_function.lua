-- expect 4: error: global 'helper' was never declared: write local helper
local M = { api = 1, name = 'global_function', version = 1 }

function helper() end

function M:on_candle() end

return M
