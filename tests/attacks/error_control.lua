-- attack: an error text that would steer a terminal
-- phase: on_candle
-- ends: script_fault ?[2J?[1;1H
local M = { api = 1, name = 'error_control', version = 1 }

function M:on_candle(c)
  error('\27[2J\27[1;1Hall is well')
end

return M
