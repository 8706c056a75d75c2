-- expect 5: error: os is not there: self.now is the time of the event in ms
local M = { api = 1, name = 'library_os', version = 1 }

function M:on_candle()
  self.since = os.time()
end

return M
