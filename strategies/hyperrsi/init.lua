--- Buys what the RSI calls oversold and sells what it calls overbought, unless the trend is against
--- it; adds to a position that runs away, takes profit in three parts, and lets the stop follow.
---
--- It decides when a bar of its timeframe closes. Targets and stop rest at the venue; the trailing
--- stop is moved after every move of the price.

local entries = require './entries'
local exits = require './exits'
local params = require './params'
local signals = require './signals'

local M = { api = 1, name = 'hyperrsi', version = 1 }

M.params = params.table
M.check = params.check

local IS_ENTRY = { entry = true, dca = true }
local IS_OVER = { filled = true, canceled = true, rejected = true, expired = true }

function M:on_start()
  local state = self.state
  state.last_fill = state.last_fill or {} -- time of the last entry or complete close, by side
  state.failures = state.failures or 0 -- first entries refused in a row
  signals.start(self)
  exits.start(self)
  entries.start(self)
  if exits.can_trail(self) then self:watch_ticker(self.params.symbol) end
end

-- After a restart the books of the core hold and the state follows them: fills may have been missed
-- by a fault, or come while nothing could be asked.
function M:on_ready(why)
  local state, symbol = self.state, self.params.symbol
  local order = state.pending and self:order(state.pending)
  if not order or IS_OVER[order.state] then state.pending = nil end
  local position, trade = self:position(symbol), state.trade
  if position.is_flat then
    if trade then exits.closed(self, symbol, self.now) end
  elseif why ~= 'params' and not state.pending then
    trade = trade or { side = position.is_long and 'long' or 'short', entries = 1 }
    state.trade = trade
    trade.last_entry = trade.last_entry or position.entry_price
    if trade.held ~= position.quantity or #self:orders(symbol) == 0 then
      exits.guard(self, trade, position.entry_price)
    end
  end
end

function M:on_candle(c)
  if c.warmup then return end
  local state = self.state
  local trade = state.trade
  if not trade then
    entries.seek(self, c)
  elseif self.params.use_trend_close and not state.pending and signals.is_against(self, trade.side) then
    exits.leave(self, trade, 'trend_close')
  else
    entries.add(self, c, trade)
  end
end

function M:on_ticker(t)
  local trade = self.state.trade
  if trade and trade.trail then exits.trail(self, trade, t) end
end

function M:on_fill(f)
  if self:position(f.symbol).is_flat then
    exits.closed(self, f.symbol, f.time)
  elseif IS_ENTRY[f.reason] then
    entries.filled(self, f)
  elseif f.is_final and exits.TARGET[f.reason] then
    exits.target_filled(self, self.state.trade, exits.TARGET[f.reason], f)
  end
end

function M:on_order(o)
  local state = self.state
  local trade = state.trade
  local is_over = IS_OVER[o.state]
  if o.id == state.pending and is_over then
    state.pending = nil
    if o.state == 'rejected' then
      if IS_ENTRY[o.reason] then
        entries.refused(self, o)
      elseif trade then
        exits.guard(self, trade, self:position(o.symbol).entry_price)
      end
    end
  elseif trade then
    if o.id == trade.stop_id and is_over then trade.stop_id, trade.stop = nil, nil end
    if o.code and o.reduce_only and o.state ~= 'canceled' then exits.refused(self, trade, o) end
  end
end

return M
