--- What the RSI says, and what the trend has against it.

local signals = {}

-- before: RSI of the bar before; now: of the bar that closed; low and high: the thresholds.
local RULES = {
  cross = {
    long = function(before, now, low) return before > low and now <= low end,
    short = function(before, now, _, high) return before < high and now >= high end,
  },
  turn = {
    long = function(before, now, low) return (before < low or now < low) and now > before end,
    short = function(before, now, _, high) return (before > high or now > high) and now < before end,
  },
  turn_cross = {
    long = function(before, now, low) return before < low and now >= low end,
    short = function(before, now, _, high) return before > high and now <= high end,
  },
  beyond = {
    long = function(_, now, low) return now < low end,
    short = function(_, now, _, high) return now > high end,
  },
}

local OPPOSITE = { long = -2, short = 2 } -- the trend state that a side does not trade against

function signals.start(self)
  local p = self.params
  local timeframe = p.trend_timeframe == 'auto' and p.timeframe or p.trend_timeframe
  self.rsi = self:indicator('rsi', p.symbol, p.timeframe, { length = p.rsi_length })
  if p.use_trend_logic or p.use_trend_close then
    self.trend = self:indicator('trend_state', p.symbol, timeframe, {})
  end
  self.rule = RULES[p.entry_option]
  self.low, self.high = p.rsi_oversold, p.rsi_overbought
end

--- Whether the RSI calls for an entry on that side now. Without two values it does not.
function signals.calls(self, side)
  local rsi = self.rsi
  local now, before = rsi[0], rsi[1]
  if not (now and before) then return false end
  return self.rule[side](before, now, self.low, self.high)
end

--- The side that the RSI calls for, or nil. Long is asked first.
function signals.side(self)
  local rsi = self.rsi
  local now, before = rsi[0], rsi[1]
  if not (now and before) then return nil end
  local rule, low, high = self.rule, self.low, self.high
  if rule.long(before, now, low, high) then return 'long' end
  if rule.short(before, now, low, high) then return 'short' end
  return nil
end

--- Whether the trend is the opposite extreme. A state that is not known is neutral.
function signals.is_against(self, side)
  return self.trend[0] == OPPOSITE[side]
end

--- Writes down what was evaluated: accepted, or blocked and by what.
function signals.record(self, c, side, kind, against)
  self:signal({
    symbol = c.symbol,
    side = side,
    kind = kind,
    accepted = against == nil,
    reason = against or kind,
    price = c.close,
    rsi = self.rsi[0],
    rsi_before = self.rsi[1],
    trend = self.trend and self.trend[0] or 0,
  })
end

return signals
