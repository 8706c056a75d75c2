-- Scripts over HTTP while they trade: versions and what differs between them, a version that is put,
-- refused, found wrong, and rolled back. The script's own log tells which version runs.
package.path = arg[2] .. '/tests/integration/gateway/?.lua;' .. package.path
local client = require 'client'
local program, source = arg[1], arg[2]
local check, expect = client.check, client.expect
local folder = client.folder
local work = folder .. '/work'
local high, low = io.open('/dev/urandom', 'rb'):read(2):byte(1, 2) -- tests begin in one second
client.port = 20000 + (high * 256 + low) % 12000 -- below those that connections get

local function write(path, text)
  local f = assert(io.open(path, 'wb'))
  f:write(text)
  f:close()
end

local function script(word)
  return ([[
local M = { api = 1, name = 'count', version = 1 }
M.params = { symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' }, timeframe = { type = 'timeframe', default = '1m' } }
function M:on_candle(c)
  self.state.n = (self.state.n or 0) + 1
  %s
end
return M
]]):format(word)
end

local function quoted(text) return '"' .. text:gsub('[\\"]', '\\%0'):gsub('\n', '\\n') .. '"' end

assert(os.execute(('mkdir -p %s && cp -r %s/strategies %s/lua %s/config %s'):format(work, source, source, source, work)) == 0)
local path = work .. '/strategies/count.lua'
write(path, script "self:log('one')")
write(work .. '/config.lua', ([[
return {
  gateway = { port = %d },
  feed = { file = 'config/demo/btcusdt-1m.csv.gz', speed = 600 },
  log = { level = 'info' },
  activations = { { script = 'count' }, { script = 'count', params = { timeframe = '3m' } } },
}]]):format(client.port))

local pid
local function start()
  local p = assert(io.popen(('cd %s && timeout 110 %s run --config config.lua --data-dir %s --json >>%s/log 2>&1 & echo $!')
    :format(work, program, folder, folder)))
  pid = p:read '*l'
  p:close()
  for _ = 1, 400 do
    local f = io.open(folder .. '/admin.token')
    if f then
      client.admin = f:read '*l'
      f:close()
      if os.execute(('curl -sf -o /dev/null http://127.0.0.1:%d/ready'):format(client.port)) == 0 then return end
    end
    os.execute 'sleep 0.05'
  end
  error('it does not start: ' .. client.read(folder .. '/log'))
end

local function says(text)
  for _ = 1, 400 do
    if client.read(folder .. '/log'):find(text, 1, true) then return true end
    os.execute 'sleep 0.05'
  end
  return false
end

start()
local admin = { token = client.admin }
local function with(body) return { token = client.admin, body = body } end
local function versions() return expect('versions', 200, nil, 'GET', '/api/scripts/count/versions', admin).items end

-- --- looking

check('it runs', says '"msg":"one"')
local list = versions()
check('one version', #list == 1, #list)
check('both run it', #list[1].activations == 2 and list[1].is_current, #list[1].activations)
local first = list[1].version
expect('nothing before it', 404, 'not_found', 'GET', '/api/scripts/count/diff', admin)

write(path, script "self:log('two')")
check('a saved file is taken', says '"msg":"two"')
for _ = 1, 100 do
  list = versions()
  if #list == 2 and #list[1].activations == 2 then break end
end
check('the newest first, both run it', #list == 2 and list[2].version == first and #list[1].activations == 2, #list)
check('by whom and why', list[1].author == 'file' and list[1].reason:find('count.lua was saved', 1, true), list[1].author)
local second = list[1].version
local body = expect('an older source', 200, nil, 'GET', '/api/scripts/count/versions/' .. first, admin)
check('it is the older one', body.files[1].text == script "self:log('one')" and not body.is_current, body.files[1].text)
expect('no such version', 404, 'not_found', 'GET', '/api/scripts/count/versions/0000000000000000', admin)
body = expect('what differs', 200, nil, 'GET', '/api/scripts/count/diff', admin)
check('one line', body.from == first and body.to == second and #body.files == 1 and
  body.files[1].diff:find("\n-  self:log('one')\n+  self:log('two')\n", 1, true), body.files[1] and body.files[1].diff)
body = expect('the other way', 200, nil, 'GET', ('/api/scripts/count/diff?from=%s&to=%s'):format(second, first), admin)
check('turned', body.files[1].diff:find("\n-  self:log('two')\n+  self:log('one')\n", 1, true), body.files[1].diff)
expect('no version', 400, 'bad_argument', 'GET', '/api/scripts/count/diff?from=x', admin)

-- What is told as it happens, until the end.
os.execute(("curl -s -N -H 'Authorization: Bearer %s' http://127.0.0.1:%d/api/events/demo >%s/events 2>/dev/null & echo $! >%s/reader")
  :format(client.admin, client.port, folder, folder))
for _ = 1, 200 do
  if io.open(folder .. '/events') and #client.read(folder .. '/events') > 0 then break end
  os.execute 'sleep 0.02'
end

-- --- changing

local function outcomes(answer)
  local text = {}
  for _, a in ipairs(answer.activations or {}) do text[#text + 1] = a.outcome end
  return table.concat(text, ' ')
end

body = expect('a text is put', 200, nil, 'PUT', '/api/scripts/count', with('{"source":' .. quoted(script "self:log('three')") .. ',"reason":"better"}'))
check('taken by both', outcomes(body) == 'taken taken', outcomes(body))
check('it runs', says '"msg":"three"')
local third = body.version
check('before it was the second', body.previous_version == second, body.previous_version)
check('it is on the disk', client.read(path) == script "self:log('three')")
list = versions()
check('by whom and why', #list == 3 and list[1].version == third and list[1].author == 'admin' and list[1].reason == 'better',
  list[1].author .. ' ' .. list[1].reason)

body = expect('no Lua', 422, 'script_fault', 'PUT', '/api/scripts/count', with '{"source":"return {"}')
check('with its place', body.error.details[1].field:find('^count.lua:%d'), body.error.details[1].field)
check('nothing was written', client.read(path) == script "self:log('three')")
expect('another file', 400, 'bad_argument', 'PUT', '/api/scripts/count', with '{"files":{"other.lua":"return {}"}}')
expect('a way out', 400, 'bad_argument', 'PUT', '/api/scripts/count', with '{"files":{"../count.lua":"return {}"}}')
expect('without itself', 422, nil, 'PUT', '/api/scripts/count', with '{"files":{"count.lua":null}}')
expect('no text', 400, 'bad_argument', 'PUT', '/api/scripts/count', with '{}')
expect('no script', 404, 'not_found', 'PUT', '/api/scripts/nothing', with '{"source":"return {}"}')
write(folder .. '/long', '{"source":' .. quoted(script("self:log('long')") .. ('-- long\n'):rep(20000)) .. '}')
local f = assert(io.popen(("curl -s -o /dev/null -w '%%{http_code}' -X PUT -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' --data-binary @%s/long http://127.0.0.1:%d/api/scripts/count")
  :format(client.admin, folder, client.port)))
local status = f:read '*a'
f:close()
check('a long one', status == '200' and says '"msg":"long"', status)
write(folder .. '/long', ' ' .. ('x'):rep(262144))
f = assert(io.popen(("curl -s -o /dev/null -w '%%{http_code}' -X PUT -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' --data-binary @%s/long http://127.0.0.1:%d/api/scripts/count")
  :format(client.admin, folder, client.port)))
status = f:read '*a'
f:close()
check('one that is too long', status == '413', status)

-- What runs when it is checked and does not take over: the script refuses the state of before.
body = expect('refused', 200, nil, 'PUT', '/api/scripts/count',
  with('{"source":' .. quoted((script("self:log('four')"):gsub('version = 1 }', "version = 2 }\nfunction M.migrate(state, from) error('not so') end"))) .. '}'))
check('with file and line', outcomes(body) == 'refused refused' and body.activations[1].file == 'count.lua' and body.activations[1].line == 2
  and body.activations[1].message:find('not so', 1, true), outcomes(body))

body = expect('rolled back', 200, nil, 'POST', '/api/scripts/count/rollback', with('{"version":"' .. first .. '"}'))
check('taken again', outcomes(body) == 'taken taken' and body.version == first, outcomes(body))
check('the first is on the disk', client.read(path) == script "self:log('one')")
expect('nothing before the first', 404, 'not_found', 'POST', '/api/scripts/count/rollback', admin)
expect('no such version', 404, 'not_found', 'POST', '/api/scripts/count/rollback', with '{"version":"0000000000000000"}')
write(path, script "self:log('five')")
check('saved once more', says '"msg":"five"')
for _ = 1, 100 do
  if versions()[1].activations[2] then break end
end
body = expect('to the one before', 200, nil, 'POST', '/api/scripts/count/rollback', with '{}')
check('which had run', #body.activations == 2, #body.activations)

-- One that faults at once: the version before runs again, and the status says so.
body = expect('a bad one', 200, nil, 'PUT', '/api/scripts/count', with('{"source":' .. quoted(script "error('oops')") .. '}'))
local bad = body.version
local function status_of()
  return expect('status', 200, nil, 'GET', '/api/strategy/count/status/demo', admin).items
end
for _ = 1, 200 do
  local is_back = #status_of() == 2
  for _, a in ipairs(status_of()) do is_back = is_back and a.version ~= bad end
  if is_back then break end
  os.execute 'sleep 0.05'
end
check('both are there', #status_of() == 2)
for _, a in ipairs(status_of()) do check('it is back', a.version ~= bad and a.trial == false and a.status == 'running', a.version) end

-- A folder with several files.
expect('a file beside', 200, nil, 'PUT', '/api/scripts/grid', with '{"files":{"extra.lua":"return { answer = 42 }\\n"},"reason":"more"}')
check('it is there', client.read(work .. '/strategies/grid/extra.lua') == 'return { answer = 42 }\n')
expect('without it', 200, nil, 'PUT', '/api/scripts/grid', with '{"files":{"extra.lua":null}}')
check('it is gone', io.open(work .. '/strategies/grid/extra.lua') == nil)

-- Who may.
local function token_of(role)
  local p = assert(io.popen(('%s token add %s --role %s --user %s --data-dir %s 2>/dev/null'):format(program, role, role, role, folder)))
  local text = p:read '*l'
  p:close()
  return text
end
local operator, author = token_of 'operator', token_of 'author'
for _ = 1, 100 do
  if client.ask('GET', '/api/strategies', { token = author }) == 200 then break end
end
local text = '{"source":' .. quoted(script "self:log('six')") .. ',"reason":"mine"}'
expect('an author', 403, 'forbidden', 'PUT', '/api/scripts/count', { token = author, body = text })
expect('an author goes back', 403, 'forbidden', 'POST', '/api/scripts/count/rollback', { token = author, body = '{}' })
expect('an operator', 200, nil, 'PUT', '/api/scripts/count', { token = operator, body = text })
list = versions()
check('his name', list[1].author == 'operator' and list[1].reason == 'mine', list[1].author)
check('others see none of his activations', #expect('to look', 200, nil, 'GET', '/api/scripts/count/versions', { token = author }).items[1].activations == 0)

-- From the command line.
local function command(words)
  local p = assert(io.popen(('%s script %s --data-dir %s --port %d 2>&1; echo "status $?"'):format(program, words, folder, client.port)))
  local out = p:read '*a'
  p:close()
  return out:match '^(.*)status (%d+)\n$'
end
local out, code = command 'list'
check('script list', code == '0' and out:find('count\n', 1, true), out)
write(folder .. '/count.lua', script "self:log('seven')")
out, code = command('put count ' .. folder .. "/count.lua --reason 'by hand'")
check('script put', code == '0' and select(2, out:gsub('  taken', '')) == 2, out)
out, code = command 'list count'
check('script list NAME', code == '0' and out:find('by hand\n', 1, true), out)
out, code = command 'show count'
check('script show', code == '0' and out == '-- count.lua\n' .. script "self:log('seven')", out)
out, code = command 'diff count'
check('script diff', code == '0' and out:find("+  self:log('seven')", 1, true), out)
out, code = command('show count --json --version ' .. first)
check('script show --json', code == '0' and client.decode(out).version == first, out)
out, code = command 'rollback count'
check('script rollback', code == '0' and select(2, out:gsub('  taken', '')) == 2, out)
write(folder .. '/count.lua', 'return {')
out, code = command('put count ' .. folder .. '/count.lua')
check('script put of no Lua', code == '1' and out:find '^count.lua:1: ' and out:find('nothing was changed', 1, true), out)
out, code = command 'show nothing'
check('script show of none', code == '1' and out:find('there is no script nothing', 1, true), out)
out, code = command 'turn count'
check('script turn', code == '2', out)
out, code = command 'put count'
check('script put without a file', code == '2', out)

-- --- one that is pinned keeps its version, whatever is put
local pinned = expect('a pinned one', 201, nil, 'POST', '/api/strategy/count/activate',
  with '{"user_id":"demo","exchange":"paper","symbol":"BTC-USDT-SWAP","mode":"paper","channel":"pinned"}')
check('it says so', pinned.channel == 'pinned', pinned.channel)
body = expect('a text is put beside it', 200, nil, 'PUT', '/api/scripts/count', with('{"source":' .. quoted(script "self:log('last')") .. '}'))
check('the others took it', #body.activations == 2, #body.activations)
check('their logs say so', says '"msg":"last"')
local found
for _, a in ipairs(expect('its status', 200, nil, 'GET', '/api/strategy/count/status/demo', admin).items) do
  if a.activation_id == pinned.activation_id then found = a else check('others follow', a.channel == 'latest' and a.version ~= pinned.version, a.version) end
end
check('it runs what it ran', found and found.version == pinned.version, found and found.version)

for _, kind in ipairs { 'script.deployed', 'script.refused', 'script.rolled_back' } do
  check('told: ' .. kind, client.read(folder .. '/events'):find('event: ' .. kind, 1, true))
end
os.execute('kill ' .. client.read(folder .. '/reader'))

os.execute(('kill -TERM %s; while kill -0 %s 2>/dev/null; do sleep 0.05; done'):format(pid, pid))
os.execute('rm -rf ' .. folder)
print(('%d passed, %d failed'):format(client.passed, client.failed))
os.exit(client.failed == 0 and client.passed > 0 and 0 or 1)
