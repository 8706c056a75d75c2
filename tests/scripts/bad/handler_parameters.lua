-- expect 6: warning: on_candle is called with self first: write function M:on_candle(...)
-- expect 7: warning: on_fill gets f: fill: a parameter more is always nil
-- expect 8: warning: check is called without self: write function M.check(...)
local M = { api = 1, name = 'handler_parameters', version = 1 }

function M.on_candle(c) return c end
function M:on_fill(f, position) self.last = position or f.price end
function M:check(p) return p and {} or {} end

return M
