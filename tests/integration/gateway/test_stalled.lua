-- Readers of events that do not read: each is dropped when 256 KiB wait for it, the memory of the
-- server stays where it was, and who reads hears everything.
package.path = (arg[2] or '.') .. '/tests/integration/gateway/?.lua;' .. package.path
local client = require 'client'
local check, ask, say = client.check, client.ask, client.say
client.start()
local alice = client.token('alice', 'trader', 'alice')
for _ = 1, 100 do
  if ask('GET', '/api/strategies', { token = alice }) == 200 then break end
end

local STALLED, EVENTS, GROWTH_KIB = 6, 7000, 8 * 1024

local function line(command)
  local f = assert(io.popen(command))
  local text = f:read('*l')
  f:close()
  return text
end
local pid = assert(line(("pgrep -f 'gateway_server %s '"):format(client.folder)), 'the server is not to be found')
local function memory_kib() return tonumber(line(("grep VmRSS /proc/%s/status"):format(pid)):match('%d+')) end
-- A sanitizer maps terabytes, and its allocator keeps what was freed: then only much growth says anything.
if tonumber(line(("grep VmSize /proc/%s/status"):format(pid)):match('%d+')) > 2 ^ 30 then
  GROWTH_KIB = 8 * GROWTH_KIB
  print('built with a sanitizer: the memory may grow by ' .. GROWTH_KIB .. ' KiB')
end
local function figure(name) return tonumber(select(2, ask('GET', '/metrics')):match('\n' .. name .. ' (%d+)')) end

for _ = 1, 12 do
  assert(ask('POST', '/api/strategy/hyperrsi/activate', { token = alice, body = '{"exchange":"paper","symbol":"BTC-USDT-SWAP","mode":"paper","timeframe":"1m"}' }) == 201)
end
say 'play 300'

-- Those that never read: bash opens the connection, asks, and sleeps.
local pids = {}
for i = 1, STALLED do
  local script = ("exec 5<>/dev/tcp/127.0.0.1/%d; printf 'GET /api/events/alice HTTP/1.1\\r\\nHost: a\\r\\nAuthorization: Bearer %s\\r\\n\\r\\n' >&5; exec sleep 120")
    :format(client.port, alice)
  pids[i] = line(('bash -c "%s" >/dev/null 2>&1 & echo $!'):format(script:gsub('[$"]', '\\%0')))
end
local heard = os.tmpname()
pids[#pids + 1] = line(("curl -s -N --max-time 120 -H 'Authorization: Bearer %s' http://127.0.0.1:%d/api/events/alice >%s & echo $!"):format(alice, client.port, heard))
for _ = 1, 500 do
  if figure('sse_readers') == STALLED + 1 then break end
  os.execute('sleep 0.01')
end
check('all of them listen', figure('sse_readers') == STALLED + 1, figure('sse_readers'))

local function last_event()
  local text = line(("grep -a '^id: ' %s | tail -1"):format(heard))
  return text and tonumber(text:match('%-(%d+)')) or 0
end
local before = memory_kib()
local most, slowest = 0, 0
for _ = 1, 400 do
  say 'play 20'
  most = math.max(most, memory_kib())
  local seconds = tonumber(line(("curl -s -o /dev/null -w '%%{time_starttransfer}' http://127.0.0.1:%d/health"):format(client.port)))
  slowest = math.max(slowest, seconds)
  if last_event() >= EVENTS then break end
end
check('there were many events', last_event() >= EVENTS, last_event())
check('those that do not read are gone', figure('sse_dropped_total') == STALLED, figure('sse_dropped_total'))
check('who reads is there', figure('sse_readers') == 1, figure('sse_readers'))
check('the memory stays where it was', most - before < GROWTH_KIB, ('%d KiB, then %d'):format(before, most))
check('others are served meanwhile', slowest < 0.5, slowest)
local count, last = 0, nil
for id in client.read(heard):gmatch('\nid: %x+%-(%d+)') do
  check('nothing is missing', last == nil or tonumber(id) == last + 1, id)
  last, count = tonumber(id), count + 1
end
check('the reader heard all of them', count > EVENTS / 2, count)
print(('%d events, memory %d KiB, then at most %d, /health at most %.3f s'):format(count, before, most, slowest))
for _, p in ipairs(pids) do os.execute('kill ' .. p .. ' 2>/dev/null') end
os.remove(heard)
client.finish()
