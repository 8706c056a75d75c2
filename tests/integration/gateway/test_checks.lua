-- Checks of scripts run beside the platform: a slow one delays nobody, too many are refused, each ends
-- at its limit, and a client that goes away or a server that stops leaves nothing behind.
package.path = (arg[2] or '.') .. '/tests/integration/gateway/?.lua;' .. package.path
local client = require 'client'
local check, ask, say = client.check, client.ask, client.say
client.checker = client.source .. '/tests/integration/gateway/slow_check.sh'
client.start()
local alice = client.token('alice', 'author', 'alice')
for _ = 1, 100 do
  if ask('GET', '/api/strategies', { token = alice }) == 200 then break end
end

local function clock_ms()
  local f = assert(io.popen('date +%s%N'))
  local ns = f:read('*l')
  f:close()
  return tonumber(ns:sub(1, -7))
end
local function sleepers()
  local f = assert(io.popen("pgrep -cf '^sleep 600.7321$'"))
  local n = tonumber(f:read('*l'))
  f:close()
  return n
end

local before = sleepers()
local path = '/api/scripts/grid/check'
local first = client.ask_later('POST', path, { token = alice, body = '{"source":"while true do end"}' })
local second = client.ask_later('POST', path, { token = alice })
for _ = 1, 500 do
  if sleepers() == before + 2 then break end
  os.execute('sleep 0.01')
end
check('two checks are under way', sleepers() == before + 2)
local begin = clock_ms()
local f = assert(io.popen(("curl -s -o /dev/null -w '%%{time_starttransfer} %%{http_code}' http://127.0.0.1:%d/health"):format(client.port)))
local seconds, code = f:read('*l'):match('(%S+) (%d+)')
f:close()
check('others are answered at once', code == '200' and tonumber(seconds) < 0.2, seconds)
local status, body, head = ask('POST', path, { token = alice })
check('a third is refused for the moment', status == 429 and body.error.code == 'limit_exceeded' and head:find('Retry-After: ', 1, true),
  ('%d %s'):format(status, head))
say 'play 5'
local taken = clock_ms() - begin
check('all that while they ran', taken < 1900 and sleepers() == before + 2, taken)
for _, answer in ipairs { first, second } do
  status, body = answer()
  check('it ended at its limit', status == 422 and body.error.code == 'deadline_exceeded', status)
end
check('nothing is left of them', sleepers() == before)
status = ask('POST', path, { token = alice, headers = { 'X-Nobody: waits' } })
check('there is room again', status == 422, status)

-- A client that does not wait.
os.execute(("curl -s -o /dev/null --max-time 0.2 -X POST -H 'Authorization: Bearer %s' http://127.0.0.1:%d%s"):format(alice, client.port, path))
check('its check runs', sleepers() == before + 1)
for _ = 1, 500 do
  if sleepers() == before then break end
  os.execute('sleep 0.01')
end
check('and ends', sleepers() == before)
check('nobody was hurt', ask('GET', '/health') == 200)

-- The end of the server.
first = client.ask_later('POST', path, { token = alice })
for _ = 1, 500 do
  if sleepers() == before + 1 then break end
  os.execute('sleep 0.01')
end
say 'stop'
status, body = first()
check('a check under way ends with the server', status == 503 and body.error.code == 'interrupted', status)
check('and leaves nothing', sleepers() == before)
client.finish()
