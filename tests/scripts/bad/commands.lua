-- expect 0: warning: the script has commands but no on_command
-- expect 7: error: params.share.default must be
-- expect 7: error: params.share.type: unknown type 'prcent', did you mean 'percent'?
local M = { api = 1, name = 'commands', version = 1 }

M.commands = {
  sell = { share = { type = 'prcent', default = 50 } },
}

function M:on_candle() end

return M
