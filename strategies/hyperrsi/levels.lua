--- Prices: how far, from which base, and on which tick.

local levels = {}

local max, min, sort = math.max, math.min, table.sort

local SIGN = { long = 1, short = -1 }
local LEAST_PROFIT = 0.0001 -- a target is at least this fraction away from base and price
local LEAST_ATR = 0.001 -- of the base price
local LEAST_OFFSET = 0.001 -- of the price at which trailing begins
local ROUNDING = 1e-13 -- a tie that a double misses by its last digits is a tie

levels.SIGN = SIGN

local DISTANCE = {
  percent = function(base, value) return base * value / 100 end,
  amount = function(_, value) return value end,
  atr = function(base, value, atr) return value * max(atr or 0, base * LEAST_ATR) end,
}

local function nearest(instrument, price)
  return instrument:round_price(price + price * ROUNDING, 'nearest')
end
levels.nearest = nearest

--- The targets that exist: [n] = { value, ratio }, nil where there is none.
function levels.targets(p)
  local targets = {}
  for n = 1, 3 do
    local value = p['tp' .. n .. '_value']
    if p['use_tp' .. n] and value > 0 then
      targets[n] = { value = value, ratio = p['tp' .. n .. '_ratio'] }
    end
  end
  return targets
end

--- Prices of the targets: the nearest one belongs to the lowest index, whatever its own value is.
function levels.take_profits(targets, kind, side, base, current, atr, instrument)
  local sign, ascending = SIGN[side], {}
  for n = 1, 3 do
    local target = targets[n]
    if target then
      local raw = base + sign * DISTANCE[kind](base, target.value, atr)
      local closest = 1 + sign * LEAST_PROFIT
      ascending[#ascending + 1] = max(sign * raw, sign * base * closest, sign * current * closest)
    end
  end
  sort(ascending)
  local prices, taken = {}, 0
  for n = 1, 3 do
    if targets[n] then
      taken = taken + 1
      prices[n] = nearest(instrument, sign * ascending[taken])
    end
  end
  return prices
end

--- The trigger of the stop loss.
function levels.stop_loss(p, side, base, atr, instrument)
  local distance = DISTANCE[p.sl_option](base, p.sl_value, atr)
  return nearest(instrument, base - SIGN[side] * distance)
end

--- The price that the next added entry waits for. It is compared, never placed: not on the tick.
function levels.next_entry(p, side, reference, atr)
  return reference
    - SIGN[side] * DISTANCE[p.pyramiding_entry_type](reference, p.pyramiding_value, atr)
end

--- Where the stop goes when target n has filled: the target below it, else the average entry.
function levels.break_even(prices, n, entry, instrument)
  for below = n - 1, 1, -1 do
    if prices[below] then return prices[below] end
  end
  return nearest(instrument, entry)
end

--- How far the trailing stop stays behind, fixed at the price at which it begins.
function levels.trailing_offset(p, prices, price)
  local offset = price * p.trailing_stop_offset_value / 100
  if p.use_trailing_stop_value_with_tp2_tp3_difference and prices[2] and prices[3] then
    offset = max(prices[2], prices[3]) - min(prices[2], prices[3])
  end
  return max(offset, price * LEAST_OFFSET)
end

return levels
