-- expect 9: error: string.match is not there: string.find(text, what, 1, true), split, trim and starts
-- expect 10: error: string.gmatch is not there: string.split(text, separator)
-- expect 11: error: string.gsub is not there: string.split and table.concat
-- expect 12: error: table.getn is not there: #t
-- expect 13: error: math.flor is not there, did you mean 'floor'?
local M = { api = 1, name = 'library_patterns', version = 1 }

function M:on_candle(c)
  local a = c.symbol:match('%a+')
  local b = string.gmatch(c.symbol, '%a+')
  local d = ('x'):gsub('x', 'y')
  local n = table.getn({})
  return a, b, d, n, math.flor(c.close)
end

return M
