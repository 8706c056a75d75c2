local exits = {}

--- Leaves.
function exits.leave(self, c)
  if self.is_tired then self:clse(c.symbol, { reason = 'tired' }) end
  self.is_tired = c.close > limit
end

return exits
