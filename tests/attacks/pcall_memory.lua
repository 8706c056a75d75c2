-- attack: pcall swallows a refused allocation
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'pcall_memory', version = 1 }

function M:on_candle(c)
  pcall(function()
    local s = ('x'):rep(1000000)
    return s .. s .. s
  end)
  return 'nothing happened'
end

return M
