-- expect 4: error: require 'sizng': there is no such file, did you mean 'sizing'?
local M = { api = 1, name = 'require_missing', version = 1 }

local sizing = require 'sizng'

function M:on_candle() self.sizing = sizing end

return M
