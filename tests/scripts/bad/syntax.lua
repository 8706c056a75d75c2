-- expect 6: error: 'then' expected near 'self'
local M = { api = 1, name = 'syntax', version = 1 }

function M:on_candle(c)
  if c.close > c.open
    self:log('up')
  end
end

return M
