-- attack: string bomb: a format that asks for a width
-- phase: on_candle
-- ends: script_fault string.format: unknown '%999999
local M = { api = 1, name = 'string_width', version = 1 }

function M:on_candle(c)
  return string.format('%999999d', 1) .. 'x'
end

return M
