-- expect 6: error: math.round is not there
-- expect 8: error: math.round is not there
local M = { api = 1, name = 'library_write', version = 1 }

local function use(x) return math.floor(x) end
math.round = use

function M:on_candle(c) self.last = math.round(c.close) end

return M
