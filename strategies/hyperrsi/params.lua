--- What a user can set, in the order of the form.

local params = {}

local KINDS = { 'percent', 'amount', 'atr' }

local function switch(default, group, help)
  return { type = 'boolean', default = default, group = group, help = help }
end

params.table = {
  symbol = { type = 'symbol', default = 'BTC-USDT-SWAP', group = 'market', when = 'flat' },
  timeframe = { type = 'timeframe', default = '1m', group = 'market', when = 'flat',
    help = 'bars on whose close everything is decided' },
  direction = { type = 'enum', default = 'both', values = { 'long', 'short', 'both' },
    group = 'market' },

  entry_amount_option = { type = 'enum', default = 'usdt', values = { 'usdt', 'percent', 'count' },
    group = 'size', help = 'what an investment is: margin, percent of the balance, coins' },
  btc_investment = { type = 'money', default = 20, min = 0.000001, max = 1000000, group = 'size' },
  eth_investment = { type = 'money', default = 20, min = 0.000001, max = 1000000, group = 'size' },
  sol_investment = { type = 'money', default = 20, min = 0.000001, max = 1000000, group = 'size' },
  investment = { type = 'money', default = 20, min = 0.000001, max = 1000000, group = 'size',
    help = 'for every other coin' },
  symbol_investments = { type = 'map', of = { type = 'money', min = 0.000001 }, default = {},
    group = 'size', help = 'by symbol, instead of the investment of its coin' },
  leverage = { type = 'integer', default = 10, min = 1, max = 125, group = 'size', when = 'flat' },
  margin_mode = { type = 'enum', default = 'cross', values = { 'cross', 'isolated' },
    group = 'size', when = 'flat' },

  rsi_length = { type = 'integer', default = 14, min = 1, max = 100, group = 'entry' },
  rsi_oversold = { type = 'number', default = 30, min = 0, max = 100, group = 'entry' },
  rsi_overbought = { type = 'number', default = 70, min = 0, max = 100, group = 'entry' },
  entry_option = { type = 'enum', default = 'cross', group = 'entry',
    values = { 'cross', 'turn', 'turn_cross', 'beyond' },
    help = 'RSI enters the zone, turns in or near it, leaves it, is in it' },
  use_trend_logic = switch(true, 'entry', 'no entry against the opposite trend'),
  trend_timeframe = { type = 'enum', default = 'auto', group = 'entry',
    values = { 'auto', '1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '12h', '1d' } },
  use_cooldown = switch(true, 'entry', 'wait after an entry and after a complete close'),
  cooldown_time = { type = 'integer', default = 300, min = 0, max = 3000, group = 'entry',
    show = { use_cooldown = true }, help = 'seconds, of the side that filled' },

  pyramiding_limit = { type = 'integer', default = 4, min = 1, max = 10, group = 'added entries',
    help = 'entries in all, with the first' },
  entry_multiplier = { type = 'number', default = 1.0, min = 0.1, max = 5, group = 'added entries',
    help = 'each entry is this many times the one before' },
  use_check_DCA_with_price = switch(true, 'added entries', 'wait for the next level'),
  use_rsi_with_pyramiding = switch(true, 'added entries', 'wait for an RSI signal'),
  entry_criterion = { type = 'enum', default = 'avg_entry', values = { 'avg_entry', 'last_fill' },
    group = 'added entries', help = 'what the next level is counted from' },
  pyramiding_entry_type = { type = 'enum', default = 'percent', values = KINDS,
    group = 'added entries' },
  pyramiding_value = { type = 'number', default = 3.0, min = 0, group = 'added entries' },

  tp_option = { type = 'enum', default = 'percent', values = KINDS, group = 'take profit' },
  use_tp1 = switch(true, 'take profit'),
  use_tp2 = switch(true, 'take profit'),
  use_tp3 = switch(true, 'take profit'),
  tp1_value = { type = 'number', default = 2, min = 0, group = 'take profit', show = { use_tp1 = true } },
  tp2_value = { type = 'number', default = 3, min = 0, group = 'take profit', show = { use_tp2 = true } },
  tp3_value = { type = 'number', default = 4, min = 0, group = 'take profit', show = { use_tp3 = true } },
  tp1_ratio = { type = 'integer', default = 30, min = 0, max = 100, group = 'take profit',
    show = { use_tp1 = true }, help = 'share of the position; the ratios in use are scaled to all of it' },
  tp2_ratio = { type = 'integer', default = 30, min = 0, max = 100, group = 'take profit',
    show = { use_tp2 = true } },
  tp3_ratio = { type = 'integer', default = 40, min = 0, max = 100, group = 'take profit',
    show = { use_tp3 = true } },

  use_sl = switch(false, 'stop', 'a stop loss from the average entry'),
  use_sl_on_last = switch(false, 'stop', 'only when the last allowed entry is in'),
  sl_option = { type = 'enum', default = 'percent', values = KINDS, group = 'stop',
    show = { use_sl = true } },
  sl_value = { type = 'number', default = 5.0, min = 0.1, max = 100, group = 'stop',
    show = { use_sl = true } },
  use_break_even = switch(true, 'stop', 'the stop goes to the average entry when target 1 fills'),
  use_break_even_tp2 = switch(true, 'stop', 'to target 1 when target 2 fills'),
  use_break_even_tp3 = switch(true, 'stop', 'to target 2 when target 3 fills and something is left'),
  use_trend_close = switch(true, 'stop', 'close at market when the trend is the opposite extreme'),

  trailing_stop_active = switch(true, 'trailing'),
  trailing_start_point = { type = 'enum', default = 'tp3', values = { 'tp1', 'tp2', 'tp3', 'none' },
    group = 'trailing', show = { trailing_stop_active = true },
    help = 'the last target closes the position: trailing that begins there never acts' },
  trailing_stop_offset_value = { type = 'percent', default = 0.5, min = 0, max = 100,
    group = 'trailing', show = { trailing_stop_active = true } },
  use_trailing_stop_value_with_tp2_tp3_difference = switch(false, 'trailing',
    'stay as far behind as target 3 is from target 2'),
}

--- What is wrong between parameters.
function params.check(p)
  local faults = {}
  if p.rsi_oversold >= p.rsi_overbought then
    faults[1] = 'rsi_oversold must be below rsi_overbought'
  end
  return faults
end

return params
