-- attack: a search with a quadratic bad case
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'string_find_bad_case', version = 1 }

function M:on_candle(c)
  local text, what = ('a'):rep(500000), ('a'):rep(250000) .. 'b'
  while true do text:find(what, 1, true) end
end

return M
