--- How much: exact floors of money over price, and whole-lot parts of a quantity.
---
--- A floor in doubles loses a lot now and then (0.3 / 0.1 is less than 3), so the one lot that is in
--- doubt is settled by multiplying back without rounding.

local sizing = {}

local abs, floor, max, min = math.abs, math.floor, math.max, math.min

local DECIMALS_MAX = 18
local SAME = 1e-14 -- doubles nearer than this, relatively, mean the same decimal
local DOUBT = 1e-9
local SPLITTER = 134217729 -- 2^27 + 1 cuts a double into two halves whose products are exact

local POWERS = { [0] = 1 }
for n = 1, 22 do POWERS[n] = POWERS[n - 1] * 10 end -- all exact

-- The decimal that x stands for, as an integer and the number of its decimals.
local function scaled(x)
  for decimals = 0, DECIMALS_MAX do
    local integer = floor(x * POWERS[decimals] + 0.5)
    if abs(integer / POWERS[decimals] - x) <= x * SAME then return integer, decimals end
  end
  return floor(x * POWERS[DECIMALS_MAX] + 0.5), DECIMALS_MAX
end

local function halves(x)
  local high = SPLITTER * x
  high = high - (high - x)
  return high, x - high
end

-- The product of two integers as a double and what that double lacks.
local function product(a, b)
  local p = a * b
  local a_high, a_low = halves(a)
  local b_high, b_low = halves(b)
  return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low
end

-- Whether lots × lot × price is at most value, in decimals.
local function affords(lots, lot, price, value)
  local l, l_decimals = scaled(lot)
  local p, p_decimals = scaled(price)
  local v, v_decimals = scaled(value)
  local shift = l_decimals + p_decimals - v_decimals
  local cost, cost_rest = product(lots * l * POWERS[max(0, -shift)], p)
  local worth, worth_rest = product(v, POWERS[min(22, max(0, shift))])
  return (cost - worth) + (cost_rest - worth_rest) <= 0
end

--- The largest number of whole lots that `value` buys at `price`.
---@param instrument table
---@param value number in quote currency
---@param price number
---@return integer
function sizing.lots(instrument, value, price)
  local lot = instrument.lot
  local exact = value / price / lot
  local nearest = floor(exact + 0.5)
  if abs(exact - nearest) > max(1, nearest) * DOUBT then return floor(exact) end
  return affords(nearest, lot, price, value) and nearest or nearest - 1
end

--- The largest quantity, in whole lots, that `value` buys at `price`.
---@param instrument table
---@param value number in quote currency
---@param price number
---@return number
function sizing.quantity(instrument, value, price)
  return instrument:quantity(sizing.lots(instrument, value, price))
end

--- The smallest order that opens or adds, in whole lots.
---@param instrument table
---@return integer
function sizing.least(instrument)
  local lots = instrument:lots(instrument.min_quantity)
  if instrument:quantity(lots) < instrument.min_quantity then lots = lots + 1 end
  return max(lots, 1)
end

--- Cuts `lots` into whole-lot parts by `ratios` (integers), each rounded half up.
---
--- A part with a ratio has at least `least` lots while there are any; the last such part takes the
--- rest; a ratio of 0 is a part of 0.
---@param lots integer
---@param ratios integer[]
---@param least integer? smallest part, default 1
---@return integer[]
function sizing.parts(lots, ratios, least)
  local sum, last = 0, 0
  for n = 1, #ratios do
    sum = sum + ratios[n]
    if ratios[n] > 0 then last = n end
  end
  local parts, left = {}, lots
  for n = 1, #ratios do
    local part = 0
    if n == last then
      part = left
    elseif ratios[n] > 0 then
      part = min(left, max(least or 1, floor((2 * lots * ratios[n] + sum) / (2 * sum))))
    end
    parts[n], left = part, left - part
  end
  return parts
end

return sizing
