-- attack: a state 1,000 deep
-- phase: on_candle
-- ends: script_fault deeper than 16 tables
-- needs: host
local M = { api = 1, name = 'state_deep', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, 1000 do t = { t } end
  self.state.t = t
end

return M
