-- attack: a backtracking pattern
-- phase: on_candle
-- ends: script_fault string.find: patterns are not there
local M = { api = 1, name = 'string_pattern', version = 1 }

function M:on_candle(c)
  return (('a'):rep(100)):find(('a-'):rep(50) .. 'b') == nil
end

return M
