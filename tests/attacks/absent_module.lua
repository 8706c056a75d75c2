-- attack: module, which is not there
-- phase: on_candle
-- ends: script_fault module is not there
local M = { api = 1, name = 'absent_module', version = 1 }

function M:on_candle(c)
  module('x')
end

return M
