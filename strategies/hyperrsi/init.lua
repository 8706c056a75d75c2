--- Buys what the RSI calls oversold and sells what it calls overbought, unless the trend is against
--- it; adds to a position that goes the wrong way, takes profit in three parts, lets the stop follow.
---
--- It decides when a bar of its timeframe closes. Targets and stop rest at the venue and guard from
--- the fill on; a trailing stop is moved after every move of the price.

local entries = require './entries'
local exits = require './exits'
local params = require './params'
local signals = require './signals'

local M = { api = 1, name = 'hyperrsi', version = 1, params = params.table, check = params.check }

local IS_ENTRY = { entry = true, dca = true }
local IS_OVER = { filled = true, canceled = true, rejected = true, expired = true }

-- The state: last_fill, by side the time of its last entry or complete close; failures; pending, the
-- id of the market order on its way; trade, what is known of the open position: side, entries,
-- order (the last entry's id), last_entry, held, prices of the targets, stop, stop_id, trail.
function M:on_start()
  local state = self.state
  state.last_fill = state.last_fill or {}
  state.failures = state.failures or 0
  signals.start(self)
  exits.start(self)
  entries.start(self)
  self.closes_by_trend = self.params.use_trend_close
  if exits.can_trail(self) then self:watch_ticker(self.params.symbol) end
end

-- The books of the core hold, the state follows: a fill may have been lost by a fault, or have come
-- while nothing could be asked.
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
    local is_bare = #self:orders(symbol) == 0 and not trade.trail
    if trade.held ~= position.quantity or is_bare then
      exits.guard(self, trade, position.entry_price)
    end
  end
end

function M:on_candle(c)
  if c.warmup then return end
  local state = self.state
  local trade = state.trade
  if not trade then
    entries.first(self, c)
  elseif self.closes_by_trend and not state.pending and signals.is_against(self, trade.side) then
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
  local trade, number = self.state.trade, exits.NUMBER[f.reason]
  if self:position(f.symbol).is_flat then
    exits.closed(self, f.symbol, f.time)
  elseif IS_ENTRY[f.reason] then
    entries.filled(self, f)
  elseif trade and number and f.is_final then
    exits.target_filled(self, trade, number, f)
  end
end

function M:on_order(o)
  local state = self.state
  local trade, is_over = state.trade, IS_OVER[o.state]
  if o.id == state.pending and is_over then
    state.pending = nil
    if o.state ~= 'rejected' then return end
    if IS_ENTRY[o.reason] then
      entries.refused(self, o)
    elseif trade then
      exits.guard(self, trade, self:position(o.symbol).entry_price)
    end
  elseif trade then
    if o.id == trade.stop_id and is_over then trade.stop_id, trade.stop = nil, nil end
    if o.code and o.reduce_only and o.state ~= 'canceled' then exits.refused(self, trade, o) end
  end
end

return M
