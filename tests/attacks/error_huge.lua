-- attack: an error with a text of 400 KB
-- phase: on_candle
-- ends: script_fault xxxxxxxx
local M = { api = 1, name = 'error_huge', version = 1 }

function M:on_candle(c)
  error(('x'):rep(400000), 0)
end

return M
