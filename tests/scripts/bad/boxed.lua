-- expect 4: error: numbers that end in LL, ULL or i are not there
local M = { api = 1, name = 'boxed', version = 1 }

local BIG = 1LL

function M:on_candle() self.big = BIG end

return M
