-- attack: coroutine, which is not there
-- phase: on_candle
-- ends: script_fault coroutine is not there
local M = { api = 1, name = 'absent_coroutine', version = 1 }

function M:on_candle(c)
  coroutine.wrap(function() while true do end end)()
end

return M
