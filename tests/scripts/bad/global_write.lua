-- expect 5: error: global 'count' was never declared: write local count
local M = { api = 1, name = 'global_write', version = 1 }

function M:on_candle()
  count = 1
end

return M
