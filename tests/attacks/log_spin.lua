-- attack: a log argument that would run code for ever
-- phase: on_candle
-- ends: deadline_exceeded took longer than its
-- needs: host
local M = { api = 1, name = 'log_spin', version = 1 }

function M:on_candle(c)
  self:log('%s', setmetatable({}, { __tostring = function() while true do end end }))
end

return M
