-- attack: pcall in a tree of calls
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
local M = { api = 1, name = 'pcall_tree', version = 1 }

function M:on_candle(c)
  local function tree(n)
    if n > 0 then
      pcall(tree, n - 1)
      pcall(tree, n - 1)
    end
  end
  tree(150)
end

return M
