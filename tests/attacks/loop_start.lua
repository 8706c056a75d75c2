-- attack: endless loop
-- phase: on_start
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'loop_start', version = 1 }

function M:on_start()
  while true do end
end

return M
