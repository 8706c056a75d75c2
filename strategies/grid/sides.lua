--- What differs between a long and a short, so that everything else is written once.
-- sign      where the profit lies: above (+1) or below (-1) the entry
-- enter     the order side that opens, and how its price is rounded (never worse than the level)
-- leave     the order side of a take-profit, and how its price is rounded
-- farther   of two prices the one with more profit; nearer: the one with less
-- blocked   the adx_state in which this side opens nothing and what it holds is closed
local long = {
  name = 'long', other = 'short', sign = 1,
  enter = 'buy', enter_rounding = 'down',
  leave_rounding = 'up',
  farther = math.max, nearer = math.min,
  blocked = -2, take_least = 'tp_long_min', take_most = 'tp_long_max',
}

local short = {
  name = 'short', other = 'long', sign = -1,
  enter = 'sell', enter_rounding = 'up',
  leave_rounding = 'down',
  farther = math.min, nearer = math.max,
  blocked = 2, take_least = 'tp_short_min', take_most = 'tp_short_max',
}

return {
  long = long,
  short = short,
  order = { long, short },
  of_order = { buy = long, sell = short },
}
