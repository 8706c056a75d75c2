-- attack: string bomb: a format that asks for digits
-- phase: on_candle
-- ends: script_fault string.format: unknown '%.99999
local M = { api = 1, name = 'string_precision', version = 1 }

function M:on_candle(c)
  return string.format('%.99999f', 1) .. 'x'
end

return M
