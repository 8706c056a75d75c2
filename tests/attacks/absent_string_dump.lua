-- attack: string.dump, which is not there
-- phase: on_candle
-- ends: script_fault string.dump is not there
local M = { api = 1, name = 'absent_string_dump', version = 1 }

function M:on_candle(c)
  string.dump(function() end)
end

return M
