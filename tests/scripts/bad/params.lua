-- expect 7: error: length must be a whole number from 20 to 10
-- expect 8: error: params.level.default must be
-- expect 8: error: params.level.type: unknown type 'nmber', did you mean 'number'?
local M = { api = 1, name = 'params', version = 1 }

M.params = {
  length = { type = 'integer', default = 14, min = 20, max = 10 },
  level = { type = 'nmber', default = 1 },
}

function M:on_candle() end

return M
