-- attack: addresses by tostring: there are none
-- phase: on_candle
-- ends: ok
local M = { api = 1, name = 'address_tostring', version = 1 }

function M:on_candle(c)
  assert(tostring({}) == 'table' and tostring(pairs) == 'function')
  assert(string.format('%s', {}) == 'table')
  assert(tostring(setmetatable({}, {})) == 'table')
end

return M
