-- expect 0: warning: no handler would ever be called
local M = { api = 1, name = 'handler_none', version = 1 }

function M:on_start() self.count = 0 end

return M
