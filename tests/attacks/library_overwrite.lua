-- attack: functions that our C might call, replaced: harmless but to the script
-- phase: on_candle
-- ends: script_fault attempt to perform arithmetic
local M = { api = 1, name = 'library_overwrite', version = 1 }

function M:on_candle(c)
  string.format, string.rep, table.sort = error, error, error
  tostring = function() while true do end end
  pairs, pcall = nil, nil
  return nil + 1
end

return M
