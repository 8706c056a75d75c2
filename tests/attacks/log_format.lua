-- attack: a format in a log line
-- phase: on_candle
-- ends: script_fault string.format: unknown '%99999d'
-- needs: host
local M = { api = 1, name = 'log_format', version = 1 }

function M:on_candle(c)
  self:log('%99999d', 1)
end

return M
