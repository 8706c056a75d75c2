-- attack: options whose fields are code: they are not run
-- phase: on_candle
-- ends: script_fault self:buy: a reason is required
-- needs: host
local M = { api = 1, name = 'order_metatable', version = 1 }

function M:on_candle(c)
  self:buy(c.symbol, setmetatable({}, { __index = function() while true do end end }))
end

return M
