--- The settings of the grid. Numbers without a unit are shares: 0.004 is 0.4 %.
local params = {
  symbol      = { type = 'symbol', default = 'BTC-USDT-SWAP' },
  direction   = { type = 'enum', default = 'long-short', values = { 'long', 'short', 'long-short' } },
  grid_num    = { type = 'integer', default = 20, min = 1, max = 40,
                  help = 'how far the grid reaches, not how dense it is: about 0.6 % a level in a calm market' },
  hedge       = { type = 'boolean', default = false, help = 'long and short as two positions' },
  spot        = { type = 'boolean', default = false, help = 'buy and sell the coin itself' },
}

local groups = {}

groups.capital = {
  amounts     = { type = 'list', of = 'money', default = {},
                  help = 'margin of level 1, 2 and so on; one holds for all, a short list goes on by its last step, 0 leaves a level out' },
  amount      = { type = 'money', default = 100, min = 0, help = 'margin of every level while amounts is empty' },
  leverage    = { type = 'integer', default = 1, min = 1, max = 125, when = 'flat' },
}

groups.levels = {
  levels_timeframe = { type = 'timeframe', default = '15m' },
  centre_length  = { type = 'integer', default = 20, min = 2, max = 200 },
  band           = { type = 'number', default = 0.5, min = 0, max = 10, help = 'how much of band_step a level lies farther out' },
  band_step      = { type = 'number', default = 0.012, min = 0, max = 0.5 },
  atr_length     = { type = 'integer', default = 14, min = 1, max = 200 },
  atr_multiplier = { type = 'number', default = 1.5, min = 0, max = 20 },
  atr_floor      = { type = 'number', default = 0.004, min = 0, max = 0.5, help = 'the mean range counts as at least this share of the price' },
  min_gap        = { type = 'number', default = 0.004, min = 0.0001, max = 0.5, help = 'least distance of two levels' },
  max_gap        = { type = 'number', default = 0.05, min = 0, max = 1, help = 'how far a level may stray from the centre, for each step outwards' },
  max_gap_cap    = { type = 'number', default = 0.5, min = 0, max = 0.9, help = 'how far any level may stray' },
  smoothing      = { type = 'integer', default = 5, min = 1, max = 100 },
  outer_step     = { type = 'number', default = 0.008, min = 0.0001, max = 0.5, help = 'distance of the two lines that bound the grid' },
  warmup         = { type = 'integer', default = 40, min = 1, max = 3000, help = 'closed bars before the first order' },
}

groups.trend = {
  adx_timeframe  = { type = 'timeframe', default = '4h' },
  adx_di         = { type = 'integer', default = 28, min = 2, max = 200 },
  adx_length     = { type = 'integer', default = 28, min = 2, max = 200 },
  adx_threshold  = { type = 'number', default = 20, min = 0, max = 100, help = 'below it there is no trend' },
  adx_range      = { type = 'integer', default = 50, min = 2, max = 500, help = 'bars whose extremes end a trend' },
  adx_range_move = { type = 'number', default = 0.10, min = 0, max = 1, help = 'distance from that extreme at which it ends' },
}

groups.entries = {
  depth        = { type = 'integer', default = 2, min = 1, max = 10, help = 'entries that rest on one side' },
  reentry      = { type = 'number', default = 0.005, min = 0, max = 0.5, help = 'distance from lots and entries of the same side' },
  clamp        = { type = 'number', default = 0.10, min = 0.001, max = 0.9, help = 'an entry farther from the price moves half way to it' },
  duplicate    = { type = 'number', default = 0.001, min = 0, max = 0.1, help = 'no entry this near to another or to a take-profit' },
  same_price   = { type = 'number', default = 0.0003, min = 0, max = 0.1, help = 'a resting order is not moved by this or less' },
  notional_cap = { type = 'number', default = 1.05, min = 0, max = 10, help = 'position and entries of a side, as a share of all levels' },
  overbought   = { type = 'number', default = 0.95, min = 0, max = 10, help = 'a side that holds more than this share of all levels enters no more' },
}

groups.exits = {
  stop_loss    = { type = 'number', default = 0, min = 0, max = 50, help = '% from the average entry, without leverage; 0 is off' },
  custom_stop  = { type = 'integer', default = 0, min = 0, help = 'minutes without an entry after which all is closed; 0 is off' },
  tp_long_min  = { type = 'number', default = 0.004, min = 0, max = 1 },
  tp_long_max  = { type = 'number', default = 0.08, min = 0, max = 1 },
  tp_short_min = { type = 'number', default = 0.007, min = 0, max = 0.9 },
  tp_short_max = { type = 'number', default = 0.07, min = 0, max = 0.9 },
  edge_tp      = { type = 'number', default = 0.005, min = 0, max = 0.5, help = 'least profit of lots on the outermost levels' },
  tp_step      = { type = 'number', default = 0.007, min = 0, max = 0.5, help = 'how far beyond the price a passed take-profit is put' },
  tp_max       = { type = 'integer', default = 4, min = 0, max = 40, help = 'take-profits moved at one time' },
}

for group, members in pairs(groups) do
  for name, spec in pairs(members) do
    spec.group = group
    params[name] = spec
  end
end

return params
