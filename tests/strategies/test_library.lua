-- lua/sizing.lua and lua/time.lua against vectors made by hand.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. arg[2] .. '/lua/?.lua;' .. package.path
local drive = require 'drive'
local sizing, time = require 'sizing', require 'time'

local function check(name, got, wanted)
  if got == wanted then drive.pass(name) else drive.fail(name, ('%s, not %s'):format(tostring(got), wanted)) end
end

-- lot, value, price, lots: exact multiples first, where a floor in doubles loses a lot.
local floors = {
  { 0.1, 0.3, 1, 3 },
  { 0.0001, 200, 50886.9, 39 },
  { 0.0001, 242.00000000000003, 48400, 50 },
  { 0.0001, 241.99999999999997, 48400, 50 },
  { 0.0001, 241.9999, 48400, 49 },
  { 0.001, 57.3, 19.1, 3000 },
  { 0.00000001, 1, 3, 33333333 },
  { 1, 0.00004938, 0.00001234, 4 },
  { 1, 0.00004936, 0.00001234, 4 },
  { 1, 0.00004935, 0.00001234, 3 },
  { 0.01, 1000000, 0.1, 1000000000 },
  { 10, 99.99, 1, 9 },
  { 0.0001, 0.1, 50000, 0 },
}
for _, row in ipairs(floors) do
  local lot, value, price, lots = unpack(row)
  check(('%.17g at %.10g in lots of %.10g'):format(value, price, lot),
    sizing.lots({ lot = lot }, value, price), lots)
end

-- lots, ratios, least, parts
local cuts = {
  { 39, { 30, 30, 40 }, nil, '12 12 15' },
  { 1403, { 30, 0, 40 }, nil, '601 0 802' },
  { 5, { 1, 1, 0 }, nil, '3 2 0' },
  { 1, { 30, 30, 40 }, nil, '1 0 0' },
  { 2, { 1, 1, 98 }, nil, '1 1 0' },
  { 30, { 5, 5, 90 }, 4, '4 4 22' },
  { 7, { 0, 0, 0 }, nil, '0 0 0' },
  { 7, { 0, 50, 0 }, nil, '0 7 0' },
}
for _, row in ipairs(cuts) do
  local lots, ratios, least, parts = unpack(row, 1, 4)
  check(('%d lots by %s'):format(lots, table.concat(ratios, ':')),
    table.concat(sizing.parts(lots, ratios, least), ' '), parts)
end

check('span of 15m', time.span('15m'), 900000)
check('span of 1d', time.span('1d'), 86400000)
check('no span of nonsense', pcall(time.span, '15x'), false)
check('no span of nothing', pcall(time.span, 'm'), false)
check('open of 4h', time.open(1613700600000, '4h'), 1613692800000)
check('next on a boundary', time.next(1613692800000, '5m'), 1613693100000)

local moments = {
  { 0, '1970-01-01 00:00:00.000 4' },
  { 951782399999, '2000-02-28 23:59:59.999 1' },
  { 951782400000, '2000-02-29 00:00:00.000 2' },
  { 1613700600000, '2021-02-19 02:10:00.000 5' },
  { 1735689599001, '2024-12-31 23:59:59.001 2' },
  { 4107542400000, '2100-03-01 00:00:00.000 1' },
}
for _, row in ipairs(moments) do
  local f = time.fields(row[1])
  check(row[2], ('%04d-%02d-%02d %02d:%02d:%02d.%03d %d'):format(
    f.year, f.month, f.day, f.hour, f.minute, f.second, f.ms, f.weekday), row[2])
end

drive.finish()
