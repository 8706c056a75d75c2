-- attack: an id that is none
-- phase: on_candle
-- ends: script_fault self:cancel: id must be a string
-- needs: host
local M = { api = 1, name = 'id_table', version = 1 }

function M:on_candle(c)
  self:cancel({})
end

return M
