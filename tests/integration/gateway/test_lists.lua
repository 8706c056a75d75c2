-- Lists of what was: a run whose script fills more orders than any ring holds is killed and goes on;
-- every page over HTTP, from before and after the kill, is what the journal says. What was
-- acknowledged is in the list that is asked for next; others' things are not there.
package.path = arg[2] .. '/tests/integration/gateway/?.lua;' .. package.path
local client = require 'client'
local ffi = require 'ffi'
local program, folder, check = arg[3], client.folder, client.check
local FILLS = 1500 -- the rings keep 1024 fills, 512 orders, 512 signals of a user
local PAGE = 500

local function write(path, text)
  local f = assert(io.open(path, 'w'))
  f:write(text)
  f:close()
end

write(folder .. '/busy.lua', [[
local M = { api = 1, name = 'busy', version = 1 }
M.params = { symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' } }
function M:on_start() self:watch(self.params.symbol, '1m') end
function M:on_candle(c)
  self:signal { symbol = c.symbol, kind = 'turn', side = 'long', accepted = true, reason = 'each', price = c.close, rsi = 50 }
  self:buy(c.symbol, { quantity = 0.01, reason = 'in' })
  self:sell(c.symbol, { quantity = 0.01, reason = 'out' })
end
return M
]])
local high, low = io.open('/dev/urandom', 'rb'):read(2):byte(1, 2)
client.port = 20000 + (high * 256 + low) % 12000 -- below those that connections get
write(folder .. '/run.lua', ([[
return {
  data_dir = 'kept', gateway = { port = %d },
  feed = { file = '%s/config/demo/btcusdt-1m.csv.gz', symbol = 'BTC-USDT-SWAP' },
  activations = { { script = 'busy.lua' } },
}
]]):format(client.port, client.source))

local pid
local function start(speed)
  local p = io.popen(('cd %s; TRADINGBOOST_FEED_SPEED=%s %s run --config run.lua --json >>out 2>>err & echo $!'):format(folder, speed, program))
  pid = p:read('*l')
  p:close()
end

local function sleep() os.execute('sleep 0.1') end

-- Until the condition holds: a minute at most.
local function await(what, condition)
  for _ = 1, 600 do
    local result = condition()
    if result then return result end
    sleep()
  end
  print(('FAIL not in a minute: %s\n%s\n%s'):format(what, client.read(folder .. '/err'), client.read(folder .. '/out'):sub(-2000)))
  os.execute(('kill -KILL %s; rm -rf %s'):format(pid, folder))
  os.exit(1)
end

local function kill(signal)
  os.execute(('kill -%s %s'):format(signal, pid))
  await('the end', function() return os.execute(('kill -0 %s 2>/dev/null'):format(pid)) ~= 0 end)
end

local function kept_token(words)
  local p = io.popen(('%s token %s --data-dir %s/kept 2>/dev/null'):format(program, words, folder))
  local text = p:read('*l')
  p:close()
  return text
end

local admin
local function get(path, token)
  local ok, status, body = pcall(client.ask, 'GET', path, { token = token or admin })
  return ok and status or 0, body
end

local function ready()
  local status, body = get('/ready')
  return status == 200 and body.ready
end

-- --- more than any ring holds, in two processes

start(20000)
await('its first answer', function()
  local f = io.open(folder .. '/kept/admin.token')
  if f then
    admin = f:read('*a'):match('%S+')
    f:close()
  end
  return admin and ready()
end)
local function newest()
  local _, list = get('/api/orders/list/demo?limit=1')
  return list.items and list.items[1] and tonumber(list.items[1].order_id:match('o(%d+)$')) or 0
end
await('enough fills', function() return newest() >= FILLS end)
local first_page = await('a page while it runs', function()
  local status, list = get('/api/orders/list/demo?limit=' .. PAGE)
  return status == 200 and list
end)
kill('KILL')
start(1)
await('ready again', ready)

-- --- all of it by pages

local function pages(path, cursor, each)
  local count = 0
  repeat
    local status, list = get(('%s?limit=%d%s'):format(path, PAGE, cursor and '&cursor=' .. cursor or ''))
    if not check('a page of ' .. path, status == 200, status) then return count end
    for _, item in ipairs(list.items) do
      each(item)
      count = count + 1
    end
    cursor = list.next_cursor ~= client.null and list.next_cursor
  until not cursor
  return count
end

local orders, listed = {}, {}
local function keep(item)
  check('no order twice', not listed[item.order_id], item.order_id)
  listed[item.order_id] = item
  orders[#orders + 1] = item
end
for _, item in ipairs(first_page.items) do keep(item) end
-- The cursor of a page that another process handed out.
pages('/api/orders/list/demo', first_page.next_cursor, keep)
local signals = pages('/api/strategy/busy/signals/demo', nil, function() end)
check('more than a ring holds', #orders >= FILLS and signals > 512, #orders)

-- Bars of before the kill, the finest and longer ones made of them.
local minutes, longer, groups = {}, {}, {}
pages('/api/market/candles/paper/BTC-USDT-SWAP/1m', nil, function(bar) minutes[#minutes + 1] = bar end)
pages('/api/market/candles/paper/BTC-USDT-SWAP/15m', nil, function(bar) longer[#longer + 1] = bar end)
local function minute_of(bar) return tonumber(bar.open_time:sub(15, 16)) end
for i, bar in ipairs(minutes) do
  local starts = i == 1 or minute_of(bar) % 15 > minute_of(minutes[i - 1]) % 15
  local group = starts and { close = bar.close, high = 0, low = 1e9, volume = 0 } or groups[#groups]
  if starts then groups[#groups + 1] = group end
  group.open, group.open_time, group.volume = bar.open, bar.open_time, group.volume + tonumber(bar.volume)
  group.high, group.low = math.max(group.high, tonumber(bar.high)), math.min(group.low, tonumber(bar.low))
end
check('bars are there', #minutes > 500 and #longer == #groups, ('%d %d %d'):format(#minutes, #longer, #groups))
for i, bar in ipairs(longer) do
  local group = groups[i]
  check('a longer bar', bar.open_time == group.open_time and bar.open == group.open and bar.close == group.close
    and tonumber(bar.high) == group.high and tonumber(bar.low) == group.low
    and math.abs(tonumber(bar.volume) - group.volume) < 1e-6 and (bar.closed or i == 1), bar.open_time)
end

-- The fills of each order, asked over one connection.
local urls = {}
for i, item in ipairs(orders) do
  urls[i] = ('url = "http://127.0.0.1:%d/api/orders/fills/%s"\n-w "\\n"'):format(client.port, item.order_id)
end
write(folder .. '/urls', table.concat(urls, '\n') .. ('\nheader = "Authorization: Bearer %s"\n'):format(admin))
local fills, fill_count = {}, 0
for line in io.popen(('curl -s -K %s/urls'):format(folder)):lines() do
  local list = client.decode(line)
  for _, f in ipairs(list.items or {}) do
    local key = f.order_id:match('o(%d+)$')
    fills[key] = (fills[key] or '') .. ('%s %s %s;'):format(f.filled_qty, f.fill_price, f.commission)
    fill_count = fill_count + 1
    check('fills have names', f.fill_id == f.order_id .. '-' .. f.filled_qty, f.fill_id)
  end
end

-- --- one order of long ago, and what was acknowledged a moment ago

local oldest = orders[#orders]
local status, one = get('/api/orders/status/' .. oldest.order_id)
check('an old order', status == 200 and one.status == 'filled' and one.order_id == oldest.order_id, status)
for name, value in pairs(oldest) do check('an order is the same alone: ' .. name, one[name] == value, tostring(value)) end
client.expect('it has ended', 409, 'not_open', 'POST', '/api/orders/cancel/' .. oldest.order_id, { token = admin })
local _, steps = get(('/api/orders/%s/history'):format(oldest.order_id))
local words = {}
for i, step in ipairs(steps.items) do words[i] = step.step .. ' ' .. step.status end
check('its way', table.concat(words, ', ') == 'recorded new, accepted open, fill filled', table.concat(words, ', '))
check('who asked', steps.items[1].who == 'script' and steps.items[1].file == 'busy.lua' and steps.items[1].line == 6, steps.items[1].file)

local trader = kept_token('add alice --role trader --user alice')
await('her token', function() return get('/api/strategies', trader) == 200 end)
for _, path in ipairs { 'fills/%s', 'status/%s', '%s/history' } do
  client.expect('not hers', 404, 'not_found', 'GET', '/api/orders/' .. path:format(oldest.order_id), { token = trader })
end
client.expect('not hers', 404, 'not_found', 'POST', '/api/orders/cancel/' .. oldest.order_id, { token = trader })
client.expect('not hers', 403, 'forbidden', 'GET', '/api/orders/list/demo', { token = trader })
client.expect('no cursor', 400, 'bad_argument', 'GET', '/api/orders/list/demo?cursor=x', { token = admin })
client.expect('no cursor', 400, 'bad_argument', 'GET', '/api/orders/list/demo?cursor=' .. ('9'):rep(120), { token = admin })
client.expect('no status', 400, 'bad_argument', 'GET', '/api/orders/list/demo?status=lost', { token = admin })

local account = '{"user_id":"alice","exchange":"paper","mode":"paper","balance":"100000"}'
client.expect('an account', 201, nil, 'POST', '/api/accounts', { token = trader, body = account })
local _, ticker = get('/api/market/ticker/paper/BTC-USDT-SWAP')
local below = math.floor(tonumber(ticker.last) * 0.9)
for i = 1, 20 do
  local order = ('{"symbol":"BTC-USDT-SWAP","side":"buy","order_type":"limit","quantity":"0.01","price":"%d","exchange":"paper"}'):format(below + i)
  local made = client.expect('an order', 201, nil, 'POST', '/api/orders/create', { token = trader, body = order })
  local _, list = get('/api/orders/list/alice?limit=1', trader)
  check('it is in the list asked for next', list.items[1] and list.items[1].order_id == made.order_id, made.order_id)
  for name, value in pairs(made) do
    local moving = name == 'status' or name == 'pending' or name == 'updated_at'
    check('as it was answered: ' .. name, moving or list.items[1][name] == value, tostring(value))
  end
end
local _, filtered = get('/api/orders/list/alice?status=filled', trader)
check('filters filter', #filtered.items == 0, #filtered.items)
local _, metrics = get('/metrics')
check('figures', metrics:find('store_lists_total %d') and metrics:find('store_lag_records %d') and metrics:find('loop_iteration_seconds_count %d'), metrics)

-- Every field that is described, and no other.
local schemas = select(2, get('/openapi.json')).components.schemas
local function described(kind, path)
  local _, list = get(path)
  local schema, item = schemas[kind], list.items[1]
  for _, name in ipairs(schema.required) do check(kind .. ' has ' .. name, item[name] ~= nil) end
  for name in pairs(item) do check(kind .. ' is said to have ' .. name, schema.properties[name] ~= nil) end
end
described('Order', '/api/orders/list/demo')
described('Fill', '/api/orders/fills/' .. oldest.order_id)
described('Step', ('/api/orders/%s/history'):format(oldest.order_id))
described('Signal', '/api/strategy/busy/signals/demo')

-- --- tables that cannot be written cost lists, and nothing else

ffi.cdef [[
typedef struct sqlite3 sqlite3;
int sqlite3_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs);
int sqlite3_exec(sqlite3 *db, const char *sql, void *row, void *ctx, char **message);
int sqlite3_close(sqlite3 *db);
]]
local found, sqlite = pcall(ffi.load, 'sqlite3')
if not found then sqlite = ffi.load 'libsqlite3.so.0' end
local db = ffi.new 'sqlite3 *[1]'
assert(sqlite.sqlite3_open_v2(folder .. '/kept/tradingboost.db', db, 2, nil) == 0)
await('the lock', function() return sqlite.sqlite3_exec(db[0], 'BEGIN IMMEDIATE', nil, nil, nil) == 0 end)
local order = ('{"symbol":"BTC-USDT-SWAP","side":"buy","order_type":"limit","quantity":"0.01","price":"%d","exchange":"paper"}'):format(below)
local locked = client.expect('an order all the same', 201, nil, 'POST', '/api/orders/create', { token = trader, body = order })
local _, head = client.expect('no list', 503, 'busy', 'GET', '/api/orders/list/alice?limit=1', { token = trader })
check('come again', head:find('Retry%-After: %d'), head)
client.expect('what is live', 200, nil, 'GET', '/api/orders/status/' .. locked.order_id, { token = trader })
check('ready', ready())
sqlite.sqlite3_exec(db[0], 'ROLLBACK', nil, nil, nil)
sqlite.sqlite3_close(db[0])
local late = await('the list again', function()
  local got, list = get('/api/orders/list/alice?limit=1', trader)
  return got == 200 and list
end)
check('with what was made meanwhile', late.items[1].order_id == locked.order_id, late.items[1].order_id)

-- --- what the journal says of them

kill('TERM')
local told, in_journal, bars = {}, { orders = 0, fills = 0, signals = 0 }, 0
for line in io.popen(('%s journal print --data-dir %s/kept'):format(program, folder)):lines() do
  local number = line:match('^    place %S+ #(%d+) ')
  if number then told[number] = told[number] or '' end
  local close = line:match(' bar symbol=0 close=(%S+)')
  if close then bars = bars + 1 end
  local bar = close and minutes[#minutes - bars + 1]
  if bar then check('a bar as the journal has it', bar.close == close, bar.open_time) end
  if line:find('^    signal ') then in_journal.signals = in_journal.signals + 1 end
  local filled, quantity, price, fee = line:match(' report a0 fill #(%d+) quantity=(%S+) price=(%S+) fee=(%S+)')
  if filled then told[filled] = told[filled] .. ('%s %s %s;'):format(quantity, price, fee) end
end
local same, last = 0, tonumber(orders[1].order_id:match('o(%d+)$'))
for number, text in pairs(told) do
  if tonumber(number) <= last then
    in_journal.orders = in_journal.orders + 1
    if (fills[number] or '') == text then same = same + 1 end
  end
end
check('every bar is listed', math.abs(bars - #minutes) <= 1, bars)
check('every order of the journal is listed', in_journal.orders == #orders, in_journal.orders)
-- The last ones of the first process were filled by the next bar, after they had been listed.
check('with its fills', same >= #orders - 4 and fill_count >= FILLS - 4, same)
check('every signal is listed', math.abs(in_journal.signals - signals) <= 4, in_journal.signals)

os.execute('rm -rf ' .. folder)
print(('%d passed, %d failed; %d orders, %d fills, %d signals'):format(client.passed, client.failed, #orders, fill_count, signals))
os.exit(client.failed == 0 and client.passed > 0 and 0 or 1)
