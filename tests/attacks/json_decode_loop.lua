-- attack: json.decode for ever
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'json_decode_loop', version = 1 }

function M:on_candle(c)
  local s = '[' .. ('[1,2],'):rep(1000) .. '1]'
  while true do json.decode(s) end
end

return M
