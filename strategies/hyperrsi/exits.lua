--- What ends a position: targets, the one stop and what moves it, and closing at market.
---
--- A target that fills and the trailing move the stop only in favour of the position; an added entry
--- sets it anew.

local levels = require './levels'
local sizing = require 'sizing'

local exits = {}

local SIGN = levels.SIGN
local TARGET, STOP = 'target', 'stop' -- tags of the orders that guard a position
local AWAY = { long = 'sell', short = 'buy' }
local BREAK_EVEN = { 'use_break_even', 'use_break_even_tp2', 'use_break_even_tp3' }

--- The number of the target, by the reason of its order.
exits.NUMBER = { tp1 = 1, tp2 = 2, tp3 = 3 }

function exits.start(self)
  local p = self.params
  self.targets = levels.targets(p)
  self.ratios = {}
  for n = 1, 3 do self.ratios[n] = self.targets[n] and self.targets[n].ratio or 0 end
  self.trailing_start = p.trailing_stop_active and exits.NUMBER[p.trailing_start_point] or nil
  if p.tp_option == 'atr' or p.sl_option == 'atr' or p.pyramiding_entry_type == 'atr' then
    self.atr = self:indicator('atr', p.symbol, p.timeframe, { length = 14 })
  end
end

--- Whether trailing can ever act: its target has an order, and leaves something to a later one.
function exits.can_trail(self)
  local start, ratios = self.trailing_start, self.ratios
  if not start or ratios[start] == 0 then return false end
  for n = start + 1, 3 do
    if ratios[n] > 0 then return true end
  end
  return false
end

--- Closes the whole position at market and withdraws what guarded it.
function exits.leave(self, trade, reason)
  local symbol = self.params.symbol
  self:cancel_all(symbol)
  local id = self:close(symbol, { reason = reason })
  if not id then return end
  self.state.pending = id
  trade.trail, trade.stop, trade.stop_id = nil, nil, nil
end

-- A trigger that its distance puts at or below zero is none.
local function set_stop(self, trade, price, reason)
  if price <= 0 then return end
  local id = trade.stop_id
  if not (id and self:amend(id, { stop = price, reason = reason })) then
    trade.stop_id = self:close(self.params.symbol, { stop = price, reason = reason, tag = STOP })
  end
  trade.stop = price
end

local function improve_stop(self, trade, price, reason)
  if not trade.stop or SIGN[trade.side] * (price - trade.stop) > 0 then
    set_stop(self, trade, price, reason)
  end
end

-- Up to the target at which trailing begins, if that one has an order: the stop has the rest. A price
-- at or below zero is never reached: its part waits for the stop, too.
local function place_targets(self, trade, position)
  local facts, start = self.facts, self.trailing_start
  local parts = sizing.parts(facts:lots(position.quantity), self.ratios, sizing.least(facts))
  for n = 1, start and parts[start] > 0 and start or 3 do
    if parts[n] > 0 and trade.prices[n] > 0 then
      self:place(self.params.symbol, {
        side = AWAY[trade.side],
        quantity = facts:quantity(parts[n]),
        price = trade.prices[n],
        reduce_only = true,
        reason = 'tp' .. n,
        tag = TARGET,
      })
    end
  end
end

--- Places targets and stop anew for the whole position, from its average entry; trailing ends.
--- `current` is a price that the targets have to be clear of.
function exits.guard(self, trade, current)
  local p, symbol = self.params, self.params.symbol
  local position, atr = self:position(symbol), self.atr and self.atr[0]
  local entry = position.entry_price
  trade.trail, trade.held = nil, position.quantity
  trade.prices = levels.take_profits(
    self.targets, p.tp_option, trade.side, entry, current, atr, self.facts)
  self:cancel_all(symbol, { tag = TARGET })
  place_targets(self, trade, position)
  if p.use_sl and (not p.use_sl_on_last or trade.entries >= p.pyramiding_limit) then
    set_stop(self, trade, levels.stop_loss(p, trade.side, entry, atr, self.facts), 'stop_loss')
  end
end

--- Target n has filled and something is left: the stop comes nearer, and trailing may begin.
function exits.target_filled(self, trade, n, f)
  local p, position = self.params, self:position(f.symbol)
  trade.held = position.quantity
  if p[BREAK_EVEN[n]] then
    local stop = levels.break_even(trade.prices, n, position.entry_price, self.facts)
    if SIGN[trade.side] * (f.price - stop) <= 0 then
      exits.leave(self, trade, 'break_even')
      return
    end
    improve_stop(self, trade, stop, 'break_even')
  end
  if n == self.trailing_start then
    trade.trail = { extreme = f.price, offset = levels.trailing_offset(p, trade.prices, f.price) }
  end
end

--- After each move of the price: the stop follows the best price at its distance.
function exits.trail(self, trade, t)
  local trail, sign = trade.trail, SIGN[trade.side]
  local best = sign > 0 and t.high or t.low
  if sign * (best - trail.extreme) > 0 then trail.extreme = best end
  local stop = levels.nearest(self.facts, trail.extreme - sign * trail.offset)
  if trade.stop and sign * (trade.stop - stop) > 0 then stop = trade.stop end
  if sign * (t.last - stop) <= 0 then
    exits.leave(self, trade, 'trailing_stop')
  else
    improve_stop(self, trade, stop, 'trailing_stop')
  end
end

--- The position is gone: what is left of its orders goes too, and the side rests.
function exits.closed(self, symbol, time)
  local state = self.state
  if state.trade then state.last_fill[state.trade.side] = time end
  state.trade = nil
  self:cancel_all(symbol)
end

--- A guarding order was refused, or its amendment was: then the old figures stand.
function exits.refused(self, trade, o)
  if o.code == 'stop_beyond' then
    exits.leave(self, trade, o.reason)
    return
  end
  if o.id == trade.stop_id then trade.stop = o.stop end
  self:warn('%s refused: %s', o.reason, o.message)
end

return exits
