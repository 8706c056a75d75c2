--- What differs between a long and a short, so that everything else is written once.
-- sign             where the profit lies: above (+1) or below (-1) the entry
-- enter, leave     the order side that opens and that closes; a price is rounded so that it is
--                  never worse than the line: bought lower, sold higher
-- farther, nearer  of two prices the one with more and the one with less profit
-- against          the adx_state in which this side opens nothing and what it holds is closed
local long = {
  name = 'long', other = 'short', sign = 1,
  enter = 'buy', enter_rounding = 'down', leave = 'sell', leave_rounding = 'up',
  farther = math.max, nearer = math.min, against = -2,
  take_least = 'tp_long_min', take_most = 'tp_long_max',
}

local short = {
  name = 'short', other = 'long', sign = -1,
  enter = 'sell', enter_rounding = 'up', leave = 'buy', leave_rounding = 'down',
  farther = math.min, nearer = math.max, against = 2,
  take_least = 'tp_short_min', take_most = 'tp_short_max',
}

return {
  long = long,
  short = short,
  order = { long, short }, -- longs are handled first
  opened_by = { buy = long, sell = short },
  closed_by = { buy = short, sell = long },
}
