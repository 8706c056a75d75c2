-- expect 7: error: 'treshold' was never declared, did you mean 'threshold'?
local M = { api = 1, name = 'global_read', version = 1 }

local threshold = 30

function M:on_candle(c)
  if c.close < treshold and c.open < threshold then self:log('low') end
end

return M
