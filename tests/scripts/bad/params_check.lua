-- expect 5: error: low must be below high
local M = { api = 1, name = 'params_check', version = 1 }

M.params = {
  low = { type = 'number', default = 70 },
  high = { type = 'number', default = 30 },
}

function M.check(p)
  if p.low < p.high then return {} end
  return { 'low must be below high' }
end

function M:on_candle() end

return M
