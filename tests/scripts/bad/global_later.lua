-- expect 5: error: 'helper' was never declared here: the local of line 8 is not visible
local M = { api = 1, name = 'global_later', version = 1 }

function M:on_candle(c)
  helper(self, c)
end

local function helper(self, c) self:log('%s', c.symbol) end
M.helper = helper

return M
