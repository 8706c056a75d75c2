--- The first entry and those added to it: what speaks against one, and how large it is.

local exits = require './exits'
local levels = require './levels'
local signals = require './signals'
local sizing = require 'sizing'

local entries = {}

local LEAST_NOTIONAL = 200 -- quote currency, of a first entry
local ROUNDING = 1 + 1e-12 -- a sum that a double misses by its last digits is not too large
local FAILURES_MAX = 5 -- first entries refused one after another
local ORDER = { long = 'buy', short = 'sell' }
local INVESTMENT = { BTC = 'btc_investment', ETH = 'eth_investment', SOL = 'sol_investment' }

-- What an amount is worth in quote currency, leverage included.
local WORTH = {
  usdt = function(self, amount) return amount * self.params.leverage end,
  percent = function(self, amount)
    return self:balance().balance * amount / 100 * self.params.leverage
  end,
  count = function(_, amount, price) return amount * price end,
}

function entries.start(self)
  local p = self.params
  self.facts = self:instrument(p.symbol)
  self.amount = p.symbol_investments[p.symbol] or p[INVESTMENT[self.facts.base] or 'investment']
  self.worth = WORTH[p.entry_amount_option]
  self.cooldown_ms = p.use_cooldown and p.cooldown_time * 1000 or 0
end

-- The amount of the entry that follows `count` others.
local function amount_after(self, count)
  local amount = self.amount
  for _ = 1, count do amount = amount * self.params.entry_multiplier end
  return amount
end

local function quantity(self, amount, price)
  local facts = self.facts
  local lots = self.params.entry_amount_option == 'count' and facts:lots(amount)
    or sizing.lots(facts, self:worth(amount, price), price)
  return facts:quantity(math.max(lots, sizing.least(facts)))
end

local function is_pending(self)
  return self.state.pending ~= nil
end

local function is_cooling(self, side)
  local since = self.state.last_fill[side]
  return since ~= nil and self.now - since < self.cooldown_ms
end

local function is_against_trend(self, side)
  return self.params.use_trend_logic and signals.is_against(self, side)
end

local function is_other_direction(self, side)
  local direction = self.params.direction
  return direction ~= 'both' and direction ~= side
end

local function is_below_notional(self, _, c)
  local has = self:worth(self.amount, c.close)
  if has >= LEAST_NOTIONAL then return false end
  if not self.told then
    self:warn('an entry is worth %.2f, at least %.2f are needed', has, LEAST_NOTIONAL)
    self.told = true
  end
  return true
end

local function is_unaffordable(self, _, c, trade)
  local amount = amount_after(self, trade and trade.entries or 0)
  return self:worth(amount, c.close) / self.params.leverage > self:balance().free * ROUNDING
end

local function is_full(self, _, _, trade)
  return trade.entries >= self.params.pyramiding_limit
end

local function is_before_level(self, side, c, trade)
  local p = self.params
  if not p.use_check_DCA_with_price then return false end
  local reference = trade.last_entry
  if p.entry_criterion == 'avg_entry' then reference = self:position(c.symbol).entry_price end
  local level = levels.next_entry(p, side, reference, self.atr and self.atr[0])
  return levels.SIGN[side] * (c.close - level) > 0
end

-- What is asked, in this order: the first that is true blocks, and its name is the reason.
local AGAINST = {
  entry = {
    { 'order_pending', is_pending },
    { 'direction', is_other_direction },
    { 'cooldown', is_cooling },
    { 'trend', is_against_trend },
    { 'minimum_notional', is_below_notional },
    { 'free_balance', is_unaffordable },
  },
  dca = {
    { 'order_pending', is_pending },
    { 'entries', is_full },
    { 'cooldown', is_cooling },
    { 'price', is_before_level },
    { 'trend', is_against_trend },
    { 'free_balance', is_unaffordable },
  },
}

local function objection(self, kind, side, c, trade)
  local list = AGAINST[kind]
  for n = 1, #list do
    if list[n][2](self, side, c, trade) then return list[n][1] end
  end
  return nil
end

local function enter(self, kind, side, c, trade)
  local p, symbol = self.params, c.symbol
  local amount = amount_after(self, trade and trade.entries or 0)
  self:margin_mode(symbol, p.margin_mode)
  self:leverage(symbol, p.leverage)
  self.state.pending = self:place(symbol, {
    side = ORDER[side], quantity = quantity(self, amount, c.close), reason = kind,
  })
end

--- Without a position: enters where the RSI calls for it and nothing speaks against it.
function entries.first(self, c)
  local side = signals.side(self)
  if not side then return end
  local against = objection(self, 'entry', side, c)
  signals.record(self, c, side, 'entry', against)
  if not against then enter(self, 'entry', side, c) end
end

--- With a position: adds to it.
function entries.add(self, c, trade)
  local side = trade.side
  local calls = signals.side(self) == side
  if self.params.use_rsi_with_pyramiding and not calls then return end
  local against = objection(self, 'dca', side, c, trade)
  if calls or not against then signals.record(self, c, side, 'dca', against) end
  if not against then enter(self, 'dca', side, c, trade) end
end

--- An entry filled, at least in part: counts it once and guards what is now held.
function entries.filled(self, f)
  local state = self.state
  local trade = state.trade or { side = f.side == 'buy' and 'long' or 'short', entries = 0 }
  if trade.order ~= f.order_id then
    trade.order, trade.entries = f.order_id, trade.entries + 1
  end
  trade.last_entry = f.price
  state.trade, state.failures = trade, 0
  state.last_fill[trade.side] = f.time
  exits.guard(self, trade, f.price)
end

--- Risk or venue refused an entry: after some first ones in a row there is no use in going on.
function entries.refused(self, o)
  local state = self.state
  self:warn('%s refused: %s', o.reason, o.message)
  if o.reason == 'entry' then state.failures = state.failures + 1 end
  if state.failures >= FAILURES_MAX then
    self:notify(string.format('%s: %d entries in a row were refused', o.symbol, FAILURES_MAX))
    self:finish('entries_refused')
  end
end

return entries
