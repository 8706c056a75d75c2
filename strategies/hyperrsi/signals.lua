--- What the RSI calls for, and what the trend has against it.

local signals = {}

-- before, now: RSI of the bar before and of the bar that closed; edge: the threshold of the side.
local RULES = {
  cross = {
    long = function(before, now, edge) return before > edge and now <= edge end,
    short = function(before, now, edge) return before < edge and now >= edge end,
  },
  turn = {
    long = function(before, now, edge) return (before < edge or now < edge) and now > before end,
    short = function(before, now, edge) return (before > edge or now > edge) and now < before end,
  },
  turn_cross = {
    long = function(before, now, edge) return before < edge and now >= edge end,
    short = function(before, now, edge) return before > edge and now <= edge end,
  },
  beyond = {
    long = function(_, now, edge) return now < edge end,
    short = function(_, now, edge) return now > edge end,
  },
}

local OPPOSITE = { long = -2, short = 2 } -- the trend state that a side is not traded against

function signals.start(self)
  local p = self.params
  local rule = RULES[p.entry_option]
  self.rsi = self:indicator('rsi', p.symbol, p.timeframe, { length = p.rsi_length })
  self.calls_long, self.calls_short = rule.long, rule.short
  self.low, self.high = p.rsi_oversold, p.rsi_overbought
  if p.use_trend_logic or p.use_trend_close then
    local timeframe = p.trend_timeframe == 'auto' and p.timeframe or p.trend_timeframe
    self.trend = self:indicator('trend_state', p.symbol, timeframe, {})
  end
end

--- The side that the RSI calls for; nil for none, and without two values.
function signals.side(self)
  local rsi = self.rsi
  local now, before = rsi[0], rsi[1]
  if not (now and before) then return nil end
  if self.calls_long(before, now, self.low) then return 'long' end
  if self.calls_short(before, now, self.high) then return 'short' end
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
