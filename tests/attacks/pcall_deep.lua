-- attack: pcall nested without end
-- phase: on_candle
-- ends: quota pcall is nested over 200 deep
local M = { api = 1, name = 'pcall_deep', version = 1 }

function M:on_candle(c)
  local function nest()
    local ok, e = pcall(nest)
    if not ok then error(e, 0) end
  end
  nest()
end

return M
