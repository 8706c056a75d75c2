-- attack: memory bomb
-- phase: on_start
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'memory_start', version = 1 }

function M:on_start()
  local t = {}
  while true do t[#t + 1] = {} end
end

return M
