-- attack: loadstring, which is not there
-- phase: on_candle
-- ends: script_fault loadstring is not there
local M = { api = 1, name = 'absent_loadstring', version = 1 }

function M:on_candle(c)
  loadstring('return 1')
end

return M
