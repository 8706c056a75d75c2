-- kill: in a running program that trades every few milliseconds, how long a kill of each scope takes
-- from the moment of the request until it is acknowledged (by then it holds and is on the disk), and
-- that its journal has no order between a kill and the end of it. Then a limit of loss: it halts, a
-- kill -9 does not make it forgotten, and a person lifts it.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'
local ffi = require 'ffi'

ffi.cdef [[
struct where { unsigned short family, port; unsigned char address[4], zero[8]; };
struct instant { long seconds, nanoseconds; };
int socket(int domain, int type, int protocol);
int connect(int fd, const struct where *address, unsigned length);
long send(int fd, const void *bytes, size_t length, int flags);
long recv(int fd, void *bytes, size_t length, int flags);
int close(int fd);
int clock_gettime(int clock, struct instant *out);
int poll(void *fds, unsigned long count, int timeout);
]]

local program, source = arg[1], arg[2]
local folder = drive.temporary '.kill'
assert(os.execute('mkdir -m 700 ' .. folder))
local high, low = io.open('/dev/urandom', 'rb'):read(2):byte(1, 2) -- tests begin in one second
local port = 20000 + (high * 256 + low) % 12000 -- below those that connections get

local function now_ms()
  local t = ffi.new 'struct instant'
  ffi.C.clock_gettime(1, t)
  return tonumber(t.seconds) * 1000 + tonumber(t.nanoseconds) / 1e6
end

local function pause(ms) ffi.C.poll(nil, 0, ms) end

local function write(path, text)
  local f = assert(io.open(path, 'wb'))
  f:write(text)
  f:close()
end

write(folder .. '/busy.lua', [[
local M = { api = 1, name = 'busy', version = 1 }
M.params = { symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' }, timeframe = { type = 'timeframe', default = '1m' } }
function M:on_candle(c)
  if self:position(c.symbol).is_flat then
    self:buy(c.symbol, { quantity = 0.01, reason = 'busy' })
  else
    self:close(c.symbol, { reason = 'busy' })
  end
end
return M
]])

local function config(risk)
  write(folder .. '/config.lua', ([[
return {
  data_dir = '%s/data',
  gateway = { port = %d },
  feed = { file = '%s/config/demo/btcusdt-1m.csv.gz', speed = 6000 },
  risk = { %s },
  activations = { { script = '%s/busy.lua' } },
}]]):format(folder, port, source, risk, folder))
end

local pid, token

-- The answer's status and body.
local function ask(method, path, body)
  local fd = ffi.C.socket(2, 1, 0)
  local to = ffi.new('struct where', { family = 2, address = { 127, 0, 0, 1 } })
  to.port = bit.bor(bit.lshift(bit.band(port, 255), 8), bit.rshift(port, 8))
  if ffi.C.connect(fd, to, 16) ~= 0 then
    ffi.C.close(fd)
    return nil
  end
  local text = ('%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n' ..
    'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s'):format(method, path, token or '', #(body or ''), body or '')
  ffi.C.send(fd, text, #text, 0)
  local parts, bytes = {}, ffi.new 'char[65536]'
  while true do
    local n = tonumber(ffi.C.recv(fd, bytes, 65536, 0))
    if n <= 0 then break end
    parts[#parts + 1] = ffi.string(bytes, n)
  end
  ffi.C.close(fd)
  local answer = table.concat(parts)
  return tonumber(answer:match '^HTTP/1.1 (%d+)'), answer:match '\r\n\r\n(.*)$'
end

local function start()
  local p = assert(io.popen(('cd %s && TRADINGBOOST_GATEWAY_PORT=%d TRADINGBOOST_DATA_DIR=%s/data %s run --config %s/config.lua --json >>%s/out 2>>%s/err & echo $!')
    :format(source, port, folder, program, folder, folder, folder)))
  pid = p:read '*l'
  p:close()
  for _ = 1, 600 do
    local f = io.open(folder .. '/data/admin.token')
    token = f and f:read '*l'
    if f then f:close() end
    local status = ask('GET', '/ready')
    if status == 200 then return end
    pause(50)
  end
  drive.fail('it starts', drive.read(folder .. '/err'))
end

local function signal(name)
  os.execute(('kill -%s %s; while kill -0 %s 2>/dev/null; do sleep 0.05; done'):format(name, pid, pid))
end

local function check(name, is_fine, why)
  if is_fine then drive.pass(name) else drive.fail(name, tostring(why)) end
end

-- --- the kill switch

config ''
start()
local scopes = {
  '"scope":"global"', '"scope":"venue","id":"paper"', nil, nil,
}
local _, activations = ask('GET', '/api/strategy/busy/status/demo')
local id = (activations or ''):match '"activation_id":"([^"]+)"'
local user = (activations or ''):match '"user_id":"([^"]+)"'
scopes[3] = ('"scope":"user","id":"%s"'):format(user or '?')
scopes[4] = ('"scope":"activation","id":"%s"'):format(id or '?')
local times, refused = {}, 0
for round = 1, 10 do
  for _, scope in ipairs(scopes) do
    local began = now_ms()
    local status, body = ask('POST', '/api/kill', '{' .. scope .. '}')
    times[#times + 1] = now_ms() - began
    if status ~= 200 then refused = body end
    pause(40)
    status, body = ask('DELETE', '/api/kill', '{' .. scope .. '}')
    if status ~= 200 then refused = body end
    pause(40)
  end
end
check('a kill of each scope, ten times', refused == 0, refused)
table.sort(times)
print(('a kill is acknowledged after %.2f ms (the median of %d), %.2f ms the slowest'):format(times[#times / 2], #times, times[#times]))
check('within 10 ms', times[#times / 2] <= 10, times[#times / 2])
signal 'TERM'

-- The journal, record by record: what was asked for between kill and end, and what became of it.
local _, printed = drive.run(('journal print --data-dir %s/data --json'):format(folder))
local killed, passed, held, between, kills = false, 0, 0, 0, 0
for line in printed:gmatch '[^\n]+' do
  local kind, text = line:match '"kind":"(%w+)"', line:match '"text":"(.*)"'
  if kind == 'kill' then
    killed = text:find(' on scope', 1, true) ~= nil
    kills = kills + (killed and 1 or 0)
  elseif kind == 'done' then
    for asked in text:gmatch 'place.-reason=busy[^\\]*' do
      local is_refused = asked:find('refused=', 1, true) ~= nil
      if killed and is_refused then held = held + 1 end
      if killed and not is_refused then passed = passed + 1 end
      if not killed and not is_refused then between = between + 1 end
    end
  end
end
print(('%d kills: %d orders between them, %d asked for under a kill and refused, %d passed'):format(kills, between, held, passed))
check('nothing passes a kill', kills == 40 and passed == 0 and held >= 20 and between >= 20,
  ('%d kills, %d passed, %d held, %d between'):format(kills, passed, held, between))

-- --- a limit of loss

os.execute(('rm -rf %s/data %s/out'):format(folder, folder))
config 'drawdown_max = 0.001'
start()
local function halts()
  local _, body = ask('GET', '/api/positions/risk/' .. (user or 'demo'))
  return (body or ''):match '"halts":%[([^%]]*)%]'
end
for _ = 1, 400 do
  if (halts() or '') ~= '' then break end
  pause(50)
end
local before = halts()
check('it halts and says so', before and before:find('drawdown: 0.001%d* >= 0.001'), before)
signal '9'
check('its log says so', drive.read(folder .. '/out'):find('"halt"', 1, true) or drive.read(folder .. '/err'):find('"halt"', 1, true), 'no line')
start()
check('a kill does not make it forget', halts() == before, halts())
pause(500)
local status = ask('DELETE', '/api/kill', ('{"scope":"activation","id":"%s","halt":true}'):format(id or '?'))
check('a person lifts it', status == 200 and halts() == '', status)
signal 'TERM'
os.execute('rm -rf ' .. folder)
drive.finish()
