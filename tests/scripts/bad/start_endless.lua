-- expect 5: error: the handler took longer than its
local M = { api = 1, name = 'start_endless', version = 1 }

function M:on_start()
  while true do self.count = (self.count or 0) + 1 end
end

function M:on_candle() end

return M
