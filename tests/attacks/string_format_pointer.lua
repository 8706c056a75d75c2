-- attack: an address by %p
-- phase: on_candle
-- ends: script_fault string.format: unknown '%p'
local M = { api = 1, name = 'string_format_pointer', version = 1 }

function M:on_candle(c)
  return string.format('%p', {}) .. 'x'
end

return M
