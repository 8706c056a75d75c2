-- attack: keys that have no order
-- phase: on_candle
-- ends: script_fault a table whose keys are of type table
local M = { api = 1, name = 'meta_pairs_key', version = 1 }

function M:on_candle(c)
  for k in pairs({ [{}] = 1 }) do end
end

return M
