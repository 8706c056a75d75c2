-- The prices of strategies/hyperrsi/levels.lua against vectors made by hand.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'
local levels = assert(loadfile(arg[2] .. '/strategies/hyperrsi/levels.lua'))()

local instrument = { tick = 0.1 }
function instrument:round_price(x) return math.floor(x / self.tick + 0.5) * self.tick end

local function check(name, got, wanted)
  for n = 1, math.max(#got, #wanted) do
    if not got[n] or not wanted[n] or math.abs(got[n] - wanted[n]) > 1e-9 then
      drive.fail(name, ('%s, not %s'):format(table.concat(got, ' '), table.concat(wanted, ' ')))
      return
    end
  end
  drive.pass(name)
end

local function chain(kind, value, side, atr)
  local p, price, prices = { pyramiding_entry_type = kind, pyramiding_value = value }, 100, {}
  for n = 1, 3 do
    price = levels.next_entry(p, side, price, atr)
    prices[n] = price
  end
  return prices
end
check('3 % below', chain('percent', 3, 'long'), { 97, 94.09, 91.2673 })
check('3 % above', chain('percent', 3, 'short'), { 103, 106.09, 109.2727 })
check('5 below', chain('amount', 5, 'long'), { 95, 90, 85 })
check('2.5 ATR below', chain('atr', 2.5, 'long', 2), { 95, 90, 85 })
check('an ATR below a thousandth of the price', chain('atr', 1, 'long', 0), { 99.9, 99.8001, 99.7002999 })

local function targets(values, side, current, kind, atr)
  local list = {}
  for n = 1, 3 do list[n] = values[n] and { value = values[n] } or nil end
  local prices = levels.take_profits(list, kind or 'percent', side, 10000, current, atr, instrument)
  local found = {}
  for n = 1, 3 do found[n] = prices[n] or 0 end
  return found
end
check('targets of a long', targets({ 2, 3, 4 }, 'long', 10000), { 10200, 10300, 10400 })
check('targets of a short', targets({ 2, 3, 4 }, 'short', 10000), { 9800, 9700, 9600 })
check('the nearest is the first', targets({ 4, 2, 3 }, 'long', 10000), { 10200, 10300, 10400 })
check('a missing one keeps its number', targets({ 2, false, 1 }, 'short', 10000), { 9900, 0, 9800 })
check('clear of the price', targets({ 0.001, 1, 3 }, 'long', 10200), { 10201, 10201, 10300 })
check('by ATR', targets({ 1, 2, 3 }, 'long', 10000, 'atr', 50), { 10050, 10100, 10150 })

-- 45022.5 · 1.02 is 45922.95, which a double misses.
local tie = levels.take_profits({ { value = 2 } }, 'percent', 'long', 45022.5, 45022.5, nil, instrument)
check('a tie goes up', tie, { 45923 })

check('stop of a long', { levels.stop_loss({ sl_option = 'percent', sl_value = 5 }, 'long', 10000, nil, instrument) },
  { 9500 })
check('break even after target 1', { levels.break_even({ 105, 110, 120 }, 1, 100.04, instrument) }, { 100 })
check('break even after target 2', { levels.break_even({ 105, 110, 120 }, 2, 100, instrument) }, { 105 })
check('break even without target 1', { levels.break_even({ [2] = 110 }, 2, 100, instrument) }, { 100 })
check('break even past a missing target', { levels.break_even({ 105, nil, 120 }, 3, 100, instrument) }, { 105 })

local gap = { trailing_stop_offset_value = 0.5, use_trailing_stop_value_with_tp2_tp3_difference = true }
check('offset of the gap', { levels.trailing_offset(gap, { 102, 103, 104 }, 102) }, { 1 })
check('no gap, so percent', { levels.trailing_offset(gap, { 102, nil, 104 }, 102) }, { 0.51 })
check('the least offset', { levels.trailing_offset({ trailing_stop_offset_value = 0 }, {}, 102) }, { 0.102 })

drive.finish()
