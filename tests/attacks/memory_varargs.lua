-- attack: memory bomb
-- phase: on_candle
-- ends: memory_exceeded the script needs more memory
local M = { api = 1, name = 'memory_varargs', version = 1 }

function M:on_candle(c)
  local t = {}
  for i = 1, 7000 do t[i] = i end
  local keep = {}
  local function pack(...) return { ... } end
  while true do keep[#keep + 1] = pack(unpack(t)) end
end

return M
