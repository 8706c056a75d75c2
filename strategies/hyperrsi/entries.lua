--- The first entry and those added to it: what speaks against one, and how large it is.

local exits = require './exits'
local levels = require './levels'
local signals = require './signals'
local sizing = require 'sizing'

local entries = {}

local max = math.max

local SIGN = levels.SIGN
local LEAST_NOTIONAL = 200 -- quote currency, of a first entry
local FAILURES_MAX = 5 -- first entries refused one after another
local ORDER = { long = 'buy', short = 'sell' }
local INVESTMENT = { BTC = 'btc_investment', ETH = 'eth_investment', SOL = 'sol_investment' }

-- What an amount buys, in quote currency and with the leverage.
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
  self.cooldown_ms = p.use_cooldown and p.cooldown_time * 1000 or 0
end

-- The amount of the entry after `count` others.
local function amount_after(self, count)
  local amount = self.amount
  for _ = 1, count do amount = amount * self.params.entry_multiplier end
  return amount
end

local function worth(self, amount, price)
  return WORTH[self.params.entry_amount_option](self, amount, price)
end

local function quantity(self, amount, price)
  local facts = self.facts
  local lots = self.params.entry_amount_option == 'count' and facts:lots(amount)
    or sizing.lots(facts, worth(self, amount, price), price)
  return facts:quantity(max(lots, facts:lots(facts.min_quantity), 1))
end

local function is_cooling(self, side)
  local since = self.state.last_fill[side]
  return since ~= nil and self.now - since < self.cooldown_ms
end

local function is_against_trend(self, side)
  return self.params.use_trend_logic and signals.is_against(self, side)
end

local function is_unaffordable(self, c, count)
  local amount = amount_after(self, count)
  return worth(self, amount, c.close) / self.params.leverage > self:balance().free
end

-- Asked in this order; the first that answers true blocks the entry, and its name is the reason.
local AGAINST_FIRST = {
  { 'order_pending', function(self) return self.state.pending ~= nil end },
  { 'direction', function(self, side)
    local direction = self.params.direction
    return direction ~= 'both' and direction ~= side
  end },
  { 'cooldown', is_cooling },
  { 'trend', is_against_trend },
  { 'below_minimum_notional', function(self, _, c)
    local has = worth(self, self.amount, c.close)
    if has >= LEAST_NOTIONAL then return false end
    self:warn('an entry is worth %.2f, at least %.2f are needed', has, LEAST_NOTIONAL)
    return true
  end },
  { 'insufficient_balance', function(self, _, c) return is_unaffordable(self, c, 0) end },
}

local AGAINST_ADDED = {
  { 'order_pending', function(self) return self.state.pending ~= nil end },
  { 'entries', function(self, _, _, trade)
    return trade.entries >= self.params.pyramiding_limit
  end },
  { 'cooldown', is_cooling },
  { 'price', function(self, side, c, trade)
    local p = self.params
    if not p.use_check_DCA_with_price then return false end
    local reference = trade.last_entry
    if p.entry_criterion == 'avg_entry' then reference = self:position(c.symbol).entry_price end
    local level = levels.next_entry(p, side, reference, self.atr and self.atr[0])
    return SIGN[side] * (c.close - level) > 0
  end },
  { 'trend', is_against_trend },
  { 'insufficient_balance', function(self, _, c, trade)
    return is_unaffordable(self, c, trade.entries)
  end },
}

local function objection(list, self, side, c, trade)
  for n = 1, #list do
    if list[n][2](self, side, c, trade) then return list[n][1] end
  end
  return nil
end

local function enter(self, c, side, kind, count)
  local p = self.params
  self:margin_mode(c.symbol, p.margin_mode)
  self:leverage(c.symbol, p.leverage)
  local size = quantity(self, amount_after(self, count), c.close)
  self.state.pending = self:place(c.symbol, { side = ORDER[side], quantity = size, reason = kind })
end

--- Without a position: enters if the RSI calls for it and nothing speaks against it.
function entries.seek(self, c)
  local side = signals.side(self)
  if not side then return end
  local against = objection(AGAINST_FIRST, self, side, c)
  signals.record(self, c, side, 'entry', against)
  if not against then enter(self, c, side, 'entry', 0) end
end

--- With a position: adds to it.
function entries.add(self, c, trade)
  local side = trade.side
  local calls = signals.calls(self, side)
  if self.params.use_rsi_with_pyramiding and not calls then return end
  local against = objection(AGAINST_ADDED, self, side, c, trade)
  if calls or not against then signals.record(self, c, side, 'dca', against) end
  if not against then enter(self, c, side, 'dca', trade.entries) end
end

--- An entry filled, at least in part: counts it once and guards what is now held.
function entries.filled(self, f)
  local state = self.state
  local trade = state.trade
  if not trade then
    trade = { side = f.side == 'buy' and 'long' or 'short', entries = 0 }
    state.trade = trade
  end
  if trade.order ~= f.order_id then
    trade.order, trade.entries = f.order_id, trade.entries + 1
  end
  trade.last_entry = f.price
  state.last_fill[trade.side] = f.time
  state.failures = 0
  exits.guard(self, trade, f.price)
end

--- A first entry was refused by risk or venue: after some in a row there is no use in going on.
function entries.refused(self, o)
  self:warn('%s refused: %s %s', o.reason, o.code or '', o.message or '')
  if o.reason ~= 'entry' then return end
  self.state.failures = self.state.failures + 1
  if self.state.failures >= FAILURES_MAX then
    self:notify(string.format('%s: %d entries in a row were refused, stopped', o.symbol, FAILURES_MAX))
    self:finish('entries_refused')
  end
end

return entries
