-- expect 5: error: unknown parameter 'rules'
local M = { api = 1, name = 'start_fault', version = 1 }

function M:on_start()
  self.low = self.params.rules.low
end

function M:on_candle() end

return M
