--- What a user can set, by subject.

local params = {}

local KINDS = { 'percent', 'amount', 'atr' }
local TIMEFRAMES = { 'auto', '1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '12h', '1d' }
local PER_COIN = 'margin, percent of the balance or coins of one entry, as entry_amount_option says'

local function row(kind, group, default, more)
  more = more or {}
  more.type, more.group, more.default = kind, group, default
  return more
end

local function switch(group, default, help)
  return row('boolean', group, default, { help = help })
end

local function choice(group, values, default, help)
  return row('enum', group, default, { values = values, help = help })
end

local function number(group, default, min, max, more)
  more = row('number', group, default, more)
  more.min, more.max = min, max
  return more
end

local function whole(group, default, min, max, more)
  more = number(group, default, min, max, more)
  more.type = 'integer'
  return more
end

local function investment(help)
  return row('money', 'size', 20, { min = 0.000001, max = 1000000, help = help })
end

params.table = {
  symbol = row('symbol', 'market', 'BTC-USDT-SWAP', { when = 'flat' }),
  timeframe = row('timeframe', 'market', '1m', { when = 'flat', help = 'decides when its bars close' }),
  direction = choice('market', { 'long', 'short', 'both' }, 'both'),

  entry_amount_option = choice('size', { 'usdt', 'percent', 'count' }, 'usdt'),
  btc_investment = investment(PER_COIN),
  eth_investment = investment(PER_COIN),
  sol_investment = investment(PER_COIN),
  investment = investment('the same for every other coin'),
  symbol_investments = row('map', 'size', {}, { of = 'money', min = 0.000001,
    help = 'by symbol, instead of the investment of the coin' }),
  leverage = whole('size', 10, 1, 125, { when = 'flat' }),
  margin_mode = row('enum', 'size', 'cross', { values = { 'cross', 'isolated' }, when = 'flat' }),

  rsi_length = whole('entry', 14, 1, 100),
  rsi_oversold = number('entry', 30, 0, 100),
  rsi_overbought = number('entry', 70, 0, 100),
  entry_option = choice('entry', { 'cross', 'turn', 'turn_cross', 'beyond' }, 'cross',
    'the RSI enters the zone, turns in or near it, leaves it, is in it'),
  use_trend_logic = switch('entry', true, 'no entry against the opposite trend'),
  trend_timeframe = choice('entry', TIMEFRAMES, 'auto'),
  use_cooldown = switch('entry', true, 'a side rests after its entries and its complete close'),
  cooldown_time = whole('entry', 300, 0, 3000, { show = { use_cooldown = true }, help = 'seconds' }),

  pyramiding_limit = whole('added entries', 4, 1, 10, { help = 'entries in all, with the first' }),
  entry_multiplier = number('added entries', 1.0, 0.1, 5, { help = 'each to the one before it' }),
  use_check_DCA_with_price = switch('added entries', true, 'wait for the next level'),
  use_rsi_with_pyramiding = switch('added entries', true, 'wait for a signal of the RSI'),
  entry_criterion = choice('added entries', { 'avg_entry', 'last_fill' }, 'avg_entry',
    'what the next level is counted from'),
  pyramiding_entry_type = choice('added entries', KINDS, 'percent'),
  pyramiding_value = number('added entries', 3.0, 0),

  tp_option = choice('take profit', KINDS, 'percent'),
  use_tp1 = switch('take profit', true),
  use_tp2 = switch('take profit', true),
  use_tp3 = switch('take profit', true),
  tp1_value = number('take profit', 2, 0, nil, { show = { use_tp1 = true } }),
  tp2_value = number('take profit', 3, 0, nil, { show = { use_tp2 = true } }),
  tp3_value = number('take profit', 4, 0, nil, { show = { use_tp3 = true } }),
  tp1_ratio = whole('take profit', 30, 0, 100, { show = { use_tp1 = true },
    help = 'share of the position; those in use are scaled to all of it' }),
  tp2_ratio = whole('take profit', 30, 0, 100, { show = { use_tp2 = true } }),
  tp3_ratio = whole('take profit', 40, 0, 100, { show = { use_tp3 = true } }),

  use_sl = switch('stop', false, 'a stop loss from the average entry'),
  use_sl_on_last = switch('stop', false, 'only when the last allowed entry is in'),
  sl_option = row('enum', 'stop', 'percent', { values = KINDS, show = { use_sl = true } }),
  sl_value = number('stop', 5.0, 0.1, 100, { show = { use_sl = true } }),
  use_break_even = switch('stop', true, 'target 1 moves the stop to the average entry'),
  use_break_even_tp2 = switch('stop', true, 'target 2 moves it to target 1'),
  use_break_even_tp3 = switch('stop', true, 'target 3 moves it to target 2 if something is left'),
  use_trend_close = switch('stop', true, 'close when the trend is the opposite extreme'),

  trailing_stop_active = switch('trailing', true),
  trailing_start_point = choice('trailing', { 'tp1', 'tp2', 'tp3', 'none' }, 'tp3',
    'begins when this target fills; the last target leaves nothing to trail'),
  trailing_stop_offset_value = row('percent', 'trailing', 0.5, { min = 0, max = 100 }),
  use_trailing_stop_value_with_tp2_tp3_difference = switch('trailing', false,
    'stays as far behind as target 3 is from target 2'),
}

--- What is wrong between parameters.
function params.check(p)
  if p.rsi_oversold < p.rsi_overbought then return {} end
  return { 'rsi_oversold must be below rsi_overbought' }
end

return params
