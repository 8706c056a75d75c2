-- Whatever a script gives itself is known: no finding.
local M = { api = 1, name = 'fields', version = 1, helper_of_table = function(self) return self.lots end }

M.params = { symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' } }
M['quoted key'] = 1

local function on_something(self, ...)
  local first, rest = select(1, ...), { ... }
  self.first, self.rest = first, rest
  return first
end

function M:on_start()
  self.lots = {}
  self['by_text'] = 1
  self.count, self.sum = 0, 0
  self.state.seen = self.state.seen or {}
  self.state = { seen = {} }
  local on_close = function() return self.count + self.by_text end
  self.on_close = on_close
  self.callback = self.buy
end

function M:on_tick(c) return self:helper_of_table()[c.symbol] end

function M:on_candle(c)
  local s = ('a,b'):upper():split(',')
  for i = 1, #s do self.sum = self.sum + #s[i] * i end
  for _, name in ipairs(s) do self.count = self.count + #name end
  self:on_tick(c)
  on_something(self, c.close, self.on_close(), self.first, self.rest)
  repeat local done = self.sum > 0 until done
  if self.never_mind == nil and M.params then self.never_mind = true end
  goto out
  ::out::
  return pcall(self.log, self, 'x')
end

return M
