-- Tables that do not answer, answer late, or that they cannot: what who asked for a list is told, and
-- that nothing else waits for it.
package.path = arg[2] .. '/tests/integration/gateway/?.lua;' .. package.path
local client = require 'client'
local ffi = require 'ffi'
local check, expect = client.check, client.expect
ffi.cdef 'int setenv(const char *name, const char *value, int overwrite);'
ffi.C.setenv('GATEWAY_SERVER_TABLES', '1', 1)
client.start()
client.say 'play 50'
local admin = { token = client.admin }
local list = '/api/orders/list/demo'

-- Asks, and answers when it waits.
local function asked(path, name)
  local wait = client.ask_later('GET', path, admin)
  for _ = 1, 200 do
    local _, metrics = client.ask('GET', '/metrics')
    if metrics:find 'http_answers_waiting 1' then break end
  end
  client.say('answer ' .. name)
  return wait()
end

local status, body = asked(list, 'ok')
check('a list', status == 200 and #body.items == 0, status)
local told = {
  bad_argument = { 400, 'bad_argument' }, not_found = { 404, 'not_found' }, interrupted = { 503, 'interrupted' },
  busy = { 503, 'busy' }, io_failed = { 503, 'busy' }, bad_data = { 503, 'busy' }, wrong_state = { 503, 'busy' },
}
for name, wanted in pairs(told) do
  status, body = asked(list, name)
  check('an answer of ' .. name, status == wanted[1] and body.error.code == wanted[2] and body.error.message == 'why not', status)
end

client.say 'full 1'
local _, head = expect('too many', 503, 'busy', 'GET', list, admin)
check('come again', head:find 'Retry%-After: 1', head)
expect('what is live', 200, nil, 'GET', '/api/positions/demo', admin)
client.say 'full 0'

-- Nobody answers: the request is given up, and the answer that comes after that is nobody's.
expect('no answer', 503, 'busy', 'GET', list, admin)
client.say 'answer ok'
status = asked(list, 'ok')
check('the next has its own', status == 200, status)

-- Wrong questions are refused before they wait.
expect('no such filter', 400, 'bad_argument', 'GET', list .. '?side=buy', admin)
expect('no such limit', 400, 'bad_argument', 'GET', list .. '?limit=0', admin)

client.say 'behind 1'
status, body = client.ask('GET', '/ready')
check('not ready', status == 503 and not body.ready and body.reasons[1] == 'the tables follow', status)
local account = { token = client.admin, body = '{"user_id":"demo","exchange":"paper","mode":"paper"}' }
expect('changes are taken', 201, nil, 'POST', '/api/accounts', account)
client.say 'behind 0'
status = client.ask('GET', '/ready')
check('ready', status == 200, status)

client.ask_later('GET', list, admin) -- the end waits for nobody
client.finish()
