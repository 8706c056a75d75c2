-- expect 6: warning: self.parms is no name of the API and the script never sets it, did you mean 'params'?
-- expect 8: warning: self.cuont is no name of the API and the script never sets it, did you mean 'count'?
local M = { api = 1, name = 'api_read', version = 1 }

function M:on_start()
  local p = self.parms
  self.count = p and 1 or 0
  self.sum = self.cuont
end

function M:on_candle() end

return M
