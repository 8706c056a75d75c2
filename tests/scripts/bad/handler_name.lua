-- expect 5: warning: 'on_candel' is no handler and nothing calls it, did you mean 'on_candle'?
-- expect 6: warning: 'onFill' is no handler and nothing calls it, did you mean 'on_fill'?
local M = { api = 1, name = 'handler_name', version = 1 }

function M:on_candel() end
M.onFill = function(self, f) self.last = f.price end

function M:on_timer() end

return M
