-- attack: pcall swallows refused allocations for ever
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'pcall_memory_loop', version = 1 }

function M:on_candle(c)
  local s = ('x'):rep(1000000)
  while true do
    pcall(function() return s .. s .. s end)
  end
end

return M
