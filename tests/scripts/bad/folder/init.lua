-- expect exits.lua 5: error: self:clse is no name of the API and the script never sets it, did you mean 'close'?
-- expect exits.lua 6: error: 'limit' was never declared
local exits = require './exits'

local M = { api = 1, name = 'folder', version = 1 }

function M:on_candle(c) exits.leave(self, c) end

return M
