-- attack: a table shared 8^14 times in the state
-- phase: on_candle
-- ends: quota larger than 64 KiB
-- needs: host
local M = { api = 1, name = 'state_shared', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, 14 do t = { t, t, t, t, t, t, t, t } end
  self.state.t = t
end

return M
