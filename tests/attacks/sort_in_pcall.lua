-- attack: recursion through comparator and pcall
-- phase: on_candle
-- ends: script_fault nested over
local M = { api = 1, name = 'sort_in_pcall', version = 1 }

function M:on_candle(c)
  local function less()
    local ok, e = pcall(table.sort, { 2, 1 }, less)
    if not ok then error(e, 0) end
    return false
  end
  table.sort({ 2, 1 }, less)
end

return M
