-- attack: an event written
-- phase: on_candle
-- ends: script_fault a candle is read-only
-- needs: host
local M = { api = 1, name = 'event_write', version = 1 }

function M:on_candle(c)
  c.close = 1
end

return M
