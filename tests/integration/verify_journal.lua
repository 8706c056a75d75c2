-- verify_journal: what a kept run's journal says, held against what its last process said at the end.
-- usage: journal print | luajit verify_journal.lua SUMMARY_LOG BARS
--
-- No bar twice or missing, no order asked twice, no fill without its order or larger than it; and
-- the sums of all fills are the positions and the fees that the run ends with.
local exact = 0.5e-9 -- quantities and fees are sums of exact decimals, compared as doubles

local orders, sums, bars, last_bar, failures = {}, {}, 0, nil, {}

local function fail(...) failures[#failures + 1] = string.format(...) end

local function order_new(activation, number, side, quantity)
  local key = activation .. '#' .. number
  if orders[key] then fail('%s was asked twice', key) end
  orders[key] = { side = side, quantity = tonumber(quantity), filled = 0 }
end

local activation
for line in io.lines() do
  local time, kind, rest = line:match('^%d+ (%d+) %d+ (%S+) ?(.*)$')
  if kind == 'bar' then
    bars = bars + 1
    if last_bar and tonumber(time) <= last_bar then fail('the bar that closed at %s comes again', time) end
    last_bar = tonumber(time)
  elseif kind == 'done' then
    activation = rest:match('^a%d+')
  elseif kind == 'order' then
    local a, side, quantity = rest:match('^(a%d+) by=%S+ (%a+) .-quantity=(%S+)')
    if not line:find(' refused=', 1, true) then order_new(a, 'core' .. time .. side, side, quantity) end
  elseif kind == 'report' and rest:find(' fill ', 1, true) then
    local a, number, quantity, fee = rest:match('^(a%d+) fill #(%d+) quantity=(%S+) price=%S+ fee=(%S+)')
    local order = orders[a .. '#' .. number]
    if not order then
      fail('%s fill of #%s, which nobody asked for', a, number)
    else
      order.filled = order.filled + tonumber(quantity)
      if not order.whole and order.filled > order.quantity + exact then fail('%s#%s filled more than asked', a, number) end
      local sum = sums[a] or { position = 0, fees = 0 }
      sums[a] = sum
      sum.position = sum.position + (order.side == 'buy' and 1 or -1) * tonumber(quantity)
      sum.fees = sum.fees + tonumber(fee)
    end
  elseif not kind then
    local number, side, what = line:match('^    place %S+ #(%d+) (%a+) (.*)$')
    if number and not line:find(' refused=', 1, true) then
      order_new(activation, number, side, what:match('quantity=(%S+)'))
      orders[activation .. '#' .. number].whole = what:find('whole_position', 1, true) ~= nil
    end
    local amended = line:match('^    amend %S+ #(%d+)')
    local order = amended and orders[activation .. '#' .. amended]
    if order then order.whole = true end -- its quantity may have changed
  end
end

if bars ~= tonumber(arg[2]) then fail('%d bars, not %s', bars, arg[2]) end

local index = 0
for line in io.lines(arg[1]) do
  local fees, position = line:match('"msg":"summary".-"fees":"([%d.]+)".-"position":"(-?[%d.]+)"')
  if line:find('"msg":"summary"', 1, true) then
    local sum = sums['a' .. index] or { position = 0, fees = 0 }
    position = tonumber(position or 0)
    if math.abs(math.abs(sum.position) - math.abs(position)) > exact then
      fail('a%d: the fills sum to %.10f, the position is %.10f', index, sum.position, position)
    end
    if math.abs(sum.fees - tonumber(fees)) > 1e-6 then
      fail('a%d: the fees of the fills are %.10f, of the account %s', index, sum.fees, fees)
    end
    index = index + 1
  end
end
if index == 0 then fail('no summary') end

for _, text in ipairs(failures) do print(text) end
os.exit(#failures == 0 and 0 or 1)
