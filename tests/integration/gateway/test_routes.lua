-- Every route: its happy path, its refusals, the shape of bad input, and who may ask.
package.path = (arg[2] or '.') .. '/tests/integration/gateway/?.lua;' .. package.path
local client = require 'client'
local check, expect, ask, say = client.check, client.expect, client.ask, client.say
client.start()
local admin = client.admin
local alice = client.token('alice', 'trader', 'alice')
local bob = client.token('bob', 'author', 'bob')
local function as(token, body, headers) return { token = token, body = body, headers = headers } end
-- The server looks at the file of tokens four times a second.
for _ = 1, 100 do
  if ask('GET', '/api/strategies', as(alice)) == 200 and ask('GET', '/api/strategies', as(bob)) == 200 then break end
end

-- --- open routes and who is let in
expect('alive', 200, nil, 'GET', '/health')
expect('ready', 200, nil, 'GET', '/ready')
local text, head = expect('figures', 200, nil, 'GET', '/metrics')
check('figures are Prometheus text', head:find('text/plain', 1, true) and text:find('# TYPE http_requests_total counter', 1, true))
local description = expect('description', 200, nil, 'GET', '/openapi.json')
check('description is OpenAPI', description.openapi == '3.1.0')
expect('no token', 401, 'unauthorized', 'GET', '/api/strategies')
expect('wrong token', 401, 'unauthorized', 'GET', '/api/strategies', as('tb_0000'))
expect('no such path', 404, 'not_found', 'GET', '/api/nothing', as(alice))
local _, allow = expect('no such method', 405, 'method_not_allowed', 'PUT', '/api/kill', as(alice, '{}'))
check('Allow names the methods', allow:find('Allow: POST, DELETE', 1, true), allow)
local _, head_only = expect('HEAD', 200, nil, 'HEAD', '/health')
check('HEAD says the length', head_only:find('Content-Length: 3', 1, true), head_only)

-- --- bad bodies
local activate = '/api/strategy/hyperrsi/activate'
local good = '{"user_id":"alice","exchange":"paper","symbol":"BTC-USDT-SWAP","timeframe":"5m","mode":"paper","params":{}}'
expect('no body', 400, 'bad_argument', 'POST', activate, as(alice))
expect('no JSON', 400, 'bad_syntax', 'POST', activate, as(alice, '{"a":'))
expect('a list', 400, 'bad_argument', 'POST', activate, as(alice, '[]'))
expect('a name twice', 400, 'bad_syntax', 'POST', activate, as(alice, '{"mode":"paper","mode":"paper"}'))
expect('too deep', 400, 'bad_syntax', 'POST', activate, as(alice, ('['):rep(40) .. (']'):rep(40)))
expect('another type', 415, 'unsupported_media_type', 'POST', activate,
  { token = alice, body = good, type = 'text/plain' })
expect('too large', 413, 'body_too_large', 'POST', activate, as(alice, '"' .. ('x'):rep(66000) .. '"', { 'Expect:' }))
expect('chunked', 411, 'length_required', 'POST', activate, as(alice, good, { 'Transfer-Encoding: chunked' }))
expect('a body where none is taken', 400, 'bad_argument', 'GET', '/api/strategies', as(alice, '{}'))
local body = expect('wrong types and unknown fields', 400, 'bad_argument', 'POST', activate,
  as(alice, '{"user_id":3,"exchange":"okx","symbol":[],"mode":"live","extra":1,"on_suspend":"x","params":[1]}'))
local fields = {}
for _, d in ipairs(body.error.details) do fields[d.field] = d.message end
for _, name in ipairs { 'user_id', 'exchange', 'symbol', 'mode', 'extra', 'on_suspend', 'params' } do
  check('the fault names ' .. name, fields[name])
end
expect('unknown query', 400, 'bad_argument', 'GET', '/api/strategies?x=1', as(alice))
expect('bad limit', 400, 'bad_argument', 'GET', '/api/strategies?limit=0', as(alice))
expect('bad limit', 400, 'bad_argument', 'GET', '/api/strategies?limit=1e3', as(alice))
expect('unknown cursor', 404, 'not_found', 'GET', '/api/strategies?cursor=zzz', as(alice))

-- --- activate
expect('unknown strategy', 404, 'not_found', 'POST', '/api/strategy/nothing/activate', as(alice, good))
expect('a strategy is no path', 404, 'not_found', 'POST', '/api/strategy/..%2Fx/activate', as(alice, good))
expect('unknown symbol', 404, 'unknown_symbol', 'POST', activate, as(alice, (good:gsub('BTC%-USDT', 'XXX-USDT'))))
expect('for another', 403, 'forbidden', 'POST', activate, as(bob, good))
body = expect('bad parameters', 422, 'bad_params', 'POST', activate,
  as(alice, (good:gsub('"params":{}', '"params":{"rsi_lenght":1,"leverage":"x","direction":3}'))))
fields = {}
for _, d in ipairs(body.error.details) do fields[d.field] = d.message end
for _, name in ipairs { 'params.rsi_lenght', 'params.leverage', 'params.direction' } do
  check('422 names ' .. name, fields[name])
end
-- More than a fault's text holds: each has a line all the same, at the start and for one that runs.
local many = {}
for i = 1, 40 do many[i] = ('"no_such_parameter_of_this_script_%d":%d'):format(i, i) end
local many_text = '{' .. table.concat(many, ',') .. '}'
local function names_all(what, answer)
  local named = {}
  for _, d in ipairs(answer.error.details) do named[d.field] = true end
  local missing = {}
  for i = 1, 40 do
    if not named['params.no_such_parameter_of_this_script_' .. i] then missing[#missing + 1] = i end
  end
  check(what .. ' names all 40', #missing == 0 and #answer.error.details == 40, table.concat(missing, ' '))
end
names_all('activate', expect('40 bad parameters', 422, 'bad_params', 'POST', activate,
  as(alice, (good:gsub('"params":{}', function() return '"params":' .. many_text end)))))
body = select(2, ask('GET', '/api/strategy/hyperrsi/status/alice', as(alice)))
check('a refused activation is not there', #body.items == 0)
body = expect('activate', 201, nil, 'POST', activate, as(alice, good, { 'Idempotency-Key: first' }))
local a, home = body.activation_id, body.account_id
check('it runs', body.status == 'running' and body.user_id == 'alice' and body.params.rsi_length == '14')
body = expect('the same key again', 201, nil, 'POST', activate, as(alice, good, { 'Idempotency-Key: first' }))
check('is the same activation', body.activation_id == a)
expect('the same key with another body', 409, 'wrong_state', 'POST', activate,
  as(alice, (good:gsub('5m', '15m')), { 'Idempotency-Key: first' }))
body = expect('another\'s key is another', 403, 'forbidden', 'POST', activate, as(bob, good, { 'Idempotency-Key: first' }))
body = expect('grid', 201, nil, 'POST', '/api/strategy/grid/activate', as(alice, good))
local grid = body.activation_id
expect('in an account that is taken', 409, 'wrong_state', 'POST', activate,
  as(alice, (good:gsub('"mode"', '"account_id":"' .. home .. '","mode"'))))

-- --- time passes
say 'play 1500'
body = expect('status', 200, nil, 'GET', '/api/strategy/hyperrsi/status/alice', as(alice))
check('one activation', #body.items == 1 and body.items[1].activation_id == a)
body = expect('signals', 200, nil, 'GET', '/api/strategy/hyperrsi/signals/alice?limit=2', as(alice))
check('a page of signals', #body.items == 2 and body.next_cursor ~= client.null)
local second = expect('signals', 200, nil, 'GET', '/api/strategy/hyperrsi/signals/alice?limit=500&cursor=' .. body.next_cursor, as(alice))
local all = expect('signals', 200, nil, 'GET', '/api/strategy/hyperrsi/signals/alice?limit=500', as(alice))
check('pages make the whole', #all.items == #second.items + 2, #all.items)
body = expect('levels', 200, nil, 'GET', '/api/strategy/grid/levels/alice', as(alice))
check('levels of the grid', #body.items > 0 and body.items[1].activation_id == grid and type(body.items[1].price) == 'string')
expect('strategies', 200, nil, 'GET', '/api/strategies', as(bob))
body = expect('a script', 200, nil, 'GET', '/api/scripts/grid', as(bob))
check('its sources', body.files[1].path == 'init.lua' and #body.files[1].text > 100)
expect('no such script', 404, 'not_found', 'GET', '/api/scripts/nothing', as(bob))
body = expect('check', 200, nil, 'POST', '/api/scripts/grid/check', as(bob))
check('a shipped script has no errors', body.ok == true)
body = expect('check of a text', 200, nil, 'POST', '/api/scripts/grid/check', as(bob, '{"source":"return {"}'))
check('finds what is wrong', body.ok == false and body.findings[1].level == 'error')
body = expect('accounts', 200, nil, 'GET', '/api/accounts/alice', as(alice))
check('two accounts', #body.items == 2 and type(body.items[1].equity) == 'string')
body = expect('ticker', 200, nil, 'GET', '/api/market/ticker/paper/BTC-USDT-SWAP', as(alice))
check('a price', tonumber(body.last) > 1000)
expect('ticker of another exchange', 404, 'not_found', 'GET', '/api/market/ticker/okx/BTC-USDT-SWAP', as(alice))
expect('ticker of nothing', 404, 'unknown_symbol', 'GET', '/api/market/ticker/paper/NOTHING', as(alice))
body = expect('candles', 200, nil, 'GET', '/api/market/candles/paper/BTC-USDT-SWAP/15m?limit=3', as(alice))
check('bars, the newest first', #body.items == 3 and body.items[1].open_time > body.items[2].open_time)
expect('no such timeframe', 404, 'not_found', 'GET', '/api/market/candles/paper/BTC-USDT-SWAP/7m', as(alice))

-- --- one that runs
local function target(rest) return ('{"activation_id":"%s"%s}'):format(a, rest or '') end
body = expect('pause', 200, nil, 'POST', '/api/strategy/hyperrsi/pause', as(alice, target()))
check('it is paused', body.status == 'paused')
body = expect('resume', 200, nil, 'POST', '/api/strategy/hyperrsi/resume', as(alice, '{"symbol":"BTC-USDT-SWAP"}'))
check('it runs on', body.status == 'running' and body.activation_id == a)
expect('the wrong strategy', 404, 'not_found', 'POST', '/api/strategy/grid/pause', as(alice, target()))
expect('adjust without params', 400, 'bad_argument', 'POST', '/api/strategy/hyperrsi/adjust', as(alice, target()))
body = expect('adjust', 422, 'bad_params', 'POST', '/api/strategy/hyperrsi/adjust', as(alice, target ',"params":{"rsi_length":-1,"nothing":2}'))
check('adjust names every bad one', #body.error.details == 2, #body.error.details)
names_all('adjust', expect('adjust 40', 422, 'bad_params', 'POST', '/api/strategy/hyperrsi/adjust', as(alice, target(',"params":' .. many_text))))
body = expect('adjust', 200, nil, 'POST', '/api/strategy/hyperrsi/adjust', as(alice, target ',"params":{"rsi_oversold":25}'))
body = select(2, ask('GET', '/api/strategy/hyperrsi/status/alice', as(alice)))
check('it has new parameters', body.items[1].params.rsi_oversold == '25' and body.items[1].params.rsi_length == '14',
  body.items[1].params.rsi_oversold)
expect('a command it does not have', 404, nil, 'POST', '/api/strategy/hyperrsi/command/dance', as(alice, target()))

-- --- orders by people
local function order(rest, user)
  return ('{"user_id":"%s","symbol":"BTC-USDT-SWAP","exchange":"paper",%s}'):format(user or 'alice', rest)
end
local limit = '"side":"buy","order_type":"limit","quantity":"0.01","price":"50000"'
expect('which account', 404, 'not_found', 'POST', '/api/orders/create', as(bob, order(limit, 'bob')))
body = expect('an account', 201, nil, 'POST', '/api/accounts', as(alice, '{"balance":25000}'))
check('with its balance', body.balance == '25000' and body.equity == '25000')
local account = body.account_id
expect('no balance', 400, 'bad_argument', 'POST', '/api/accounts', as(alice, '{"balance":-1}'))
expect('for another', 403, 'forbidden', 'POST', '/api/accounts', as(alice, '{"user_id":"bob"}'))
body = expect('an order', 400, 'bad_argument', 'POST', '/api/orders/create',
  as(alice, order '"side":"up","order_type":"limit","quantity":"0.01x","stop_price":1'))
check('each fault is named', #body.error.details >= 3)
expect('an order', 400, 'bad_argument', 'POST', '/api/orders/create', as(alice, order '"side":"buy","order_type":"market","quantity":"1e999"'))
expect('off the tick', 422, 'risk_refused', 'POST', '/api/orders/create',
  as(alice, order '"side":"buy","order_type":"limit","quantity":"0.01","price":"50000.01"'))
body = expect('an order', 201, nil, 'POST', '/api/orders/create', as(alice, order(limit), { 'Idempotency-Key: o1' }))
local resting = body.order_id
check('it rests', body.status == 'open' and body.owner == 'manual' and body.account_id == account, body.status)
body = expect('the same key', 201, nil, 'POST', '/api/orders/create', as(alice, order(limit), { 'Idempotency-Key: o1' }))
check('no second order', body.order_id == resting)
body = expect('its status', 200, nil, 'GET', '/api/orders/status/' .. resting, as(alice))
check('is the same', body.order_id == resting and body.price == '50000')
body = expect('amend', 200, nil, 'PATCH', '/api/orders/' .. resting, as(alice, '{"price":"49990.5","quantity":0.02}'))
check('it has new figures', body.order_id == resting and body.price == '49990.5' and body.quantity == '0.02' and body.status == 'open', body.price)
body = expect('amend the other way', 200, nil, 'PATCH', '/api/orders/' .. resting, as(alice, '{"price":50000}'))
check('what is not named stays', body.price == '50000' and body.quantity == '0.02')
body = expect('amend nothing', 400, 'bad_argument', 'PATCH', '/api/orders/' .. resting, as(alice, '{}'))
body = expect('amend what is not', 400, 'bad_argument', 'PATCH', '/api/orders/' .. resting,
  as(alice, '{"side":"sell","stop_price":1,"quantity":-1,"price":"x"}'))
check('each fault is named', #body.error.details == 4, #body.error.details)
expect('amend off the tick', 422, 'risk_refused', 'PATCH', '/api/orders/' .. resting, as(alice, '{"price":"50000.01"}'))
expect('amend beyond the money', 422, nil, 'PATCH', '/api/orders/' .. resting, as(alice, '{"quantity":"39"}'))
body = expect('a refused amendment changes nothing', 200, nil, 'GET', '/api/orders/status/' .. resting, as(alice))
check('as it was', body.price == '50000' and body.quantity == '0.02' and body.status == 'open')
expect('amend no order', 404, 'not_found', 'PATCH', '/api/orders/zzzo1', as(alice, '{"price":1}'))
do
  local stop = expect('a stop', 201, nil, 'POST', '/api/orders/create', as(alice, order '"side":"buy","order_type":"stop","quantity":"0.01","stop_price":"60000"'))
  local moved = expect('its stop price', 200, nil, 'PATCH', '/api/orders/' .. stop.order_id, as(alice, '{"stop_price":"60500"}'))
  check('is moved', moved.stop_price == '60500', moved.stop_price)
  expect('a stop has no price', 400, 'bad_argument', 'PATCH', '/api/orders/' .. stop.order_id, as(alice, '{"price":"60500"}'))
  local answer = expect('a stop that would trigger at once', 422, nil, 'PATCH', '/api/orders/' .. stop.order_id, as(alice, '{"stop_price":"40000"}'))
  expect('is gone', 200, nil, 'POST', '/api/orders/cancel/' .. stop.order_id, as(alice))
  expect('ended', 409, 'not_open', 'PATCH', '/api/orders/' .. stop.order_id, as(alice, '{"stop_price":"60500"}'))
  -- The answer waits for the venue and for the journal.
  say 'hold'
  local later = client.ask_later('PATCH', '/api/orders/' .. resting, { token = alice, body = '{"price":"49980"}' })
  for _ = 1, 500 do
    if select(2, ask('GET', '/api/orders/' .. resting .. '/history', as(alice))).items[1] and
      select(2, ask('PATCH', '/api/orders/' .. resting, as(alice, '{"price":"1"}'))).error.code == 'wrong_state' then break end
    os.execute('sleep 0.01')
  end
  body = expect('not yet', 200, nil, 'GET', '/api/orders/status/' .. resting, as(alice))
  check('the old figures hold', body.price == '50000', body.price)
  say 'release'
  local status, answer2 = later()
  check('then it is answered', status == 200 and answer2.price == '49980', status)
end
body = expect('back', 200, nil, 'PATCH', '/api/orders/' .. resting, as(alice, '{"price":"50000"}'))
body = expect('its history', 200, nil, 'GET', '/api/orders/' .. resting .. '/history', as(alice))
check('sent, accepted', body.items[1].step == 'sent' and body.items[#body.items].status == 'open')
expect('market', 201, nil, 'POST', '/api/orders/create', as(alice, order '"side":"buy","order_type":"market","quantity":"0.01"'))
say 'play 2'
body = expect('orders', 200, nil, 'GET', '/api/orders/list/alice?status=filled&limit=500', as(alice))
local filled
for _, o in ipairs(body.items) do if o.owner == 'manual' then filled = o end end
check('the market order is filled', filled ~= nil)
body = expect('fills', 200, nil, 'GET', '/api/orders/fills/' .. filled.order_id, as(alice))
check('one fill with its fee', #body.items == 1 and tonumber(body.items[1].commission) > 0)
body = expect('batch', 200, nil, 'POST', '/api/orders/batch', as(alice, ('{"orders":[%s,%s]}'):format(
  order '"side":"buy","order_type":"limit","quantity":"0.02","price":"49000"', order '"side":"buy"')))
check('one is placed, one has its fault', body.items[1].order and body.items[2].error and body.items[2].error.code == 'bad_argument')
expect('an empty batch', 400, 'bad_argument', 'POST', '/api/orders/batch', as(alice, '{"orders":[]}'))
body = expect('cancel', 200, nil, 'POST', '/api/orders/cancel/' .. resting, as(alice))
check('it is canceled', body.status == 'canceled', body.status)
expect('cancel again', 409, 'not_open', 'POST', '/api/orders/cancel/' .. resting, as(alice))
expect('no such order', 404, 'not_found', 'GET', '/api/orders/status/zzzo1', as(alice))

-- --- positions
body = expect('positions', 200, nil, 'GET', '/api/positions/alice', as(alice))
local mine, scripts
for _, p in ipairs(body.items) do
  if p.owner == 'manual' then mine = p else scripts = p end
end
check('the person\'s position', mine and mine.quantity == '0.01' and mine.side == 'long')
body = expect('of a symbol', 200, nil, 'GET', '/api/positions/alice/BTC-USDT-SWAP', as(alice))
expect('of no symbol', 404, 'unknown_symbol', 'GET', '/api/positions/alice/NOTHING', as(alice))
body = expect('earned', 200, nil, 'GET', '/api/positions/pnl/alice', as(alice))
check('fees are counted', tonumber(body.fees) > 0)
body = expect('at risk', 200, nil, 'GET', '/api/positions/risk/alice', as(alice))
check('a row an account', #body.items == 3, #body.items)
local function held_by(id)
  for _, p in ipairs(select(2, ask('GET', '/api/positions/alice', as(alice))).items) do
    if p.owner == id then return p end
  end
end
-- An activation's position is closed by its end, and by nothing else.
body = expect('another grid', 201, nil, 'POST', '/api/strategy/grid/activate', as(alice, good))
local holder, holders_home = body.activation_id, body.account_id
for _ = 1, 40 do
  if held_by(holder) then break end
  say 'play 20'
end
scripts = held_by(holder)
check('it holds a position', scripts ~= nil)
body = expect('a script\'s position', 409, 'wrong_state', 'POST', '/api/positions/close/' .. scripts.position_id, as(alice))
check('and says what closes it', body.error.message:find('POST /api/strategy/grid/deactivate with positions=close', 1, true), body.error.message)
body = expect('its account', 409, 'wrong_state', 'DELETE', '/api/accounts/' .. holders_home, as(alice))
check('is in use', body.error.message:find(holder .. ' is running', 1, true), body.error.message)
expect('keep', 200, nil, 'POST', '/api/strategy/grid/deactivate', as(alice, ('{"activation_id":"%s","positions":"keep"}'):format(holder)))
say 'play 2'
check('it is kept', held_by(holder) ~= nil)
expect('of one that is over', 409, nil, 'DELETE', '/api/accounts/' .. holders_home, as(alice))
body = expect('a third grid', 201, nil, 'POST', '/api/strategy/grid/activate', as(alice, good))
holder, holders_home = body.activation_id, body.account_id
for _ = 1, 40 do
  if held_by(holder) then break end
  say 'play 20'
end
check('it holds a position, too', held_by(holder) ~= nil)
expect('close', 200, nil, 'POST', '/api/strategy/grid/deactivate', as(alice, ('{"activation_id":"%s","positions":"close"}'):format(holder)))
say 'play 3'
check('its position is closed', held_by(holder) == nil)
body = select(2, ask('GET', '/api/strategy/grid/status/alice?activation_id=' .. holder, as(alice)))
check('it has stopped', body.items[1] and body.items[1].status == 'stopped', body.items[1] and body.items[1].status)
body = expect('then its account can go', 200, nil, 'DELETE', '/api/accounts/' .. holders_home, as(alice))
check('as it was at its end', body.account_id == holders_home)
expect('once', 404, 'not_found', 'DELETE', '/api/accounts/' .. holders_home, as(alice))
for _, one in ipairs(select(2, ask('GET', '/api/accounts/alice', as(alice))).items) do
  check('it is in no list', one.account_id ~= holders_home)
end
expect('nothing is ordered in it', 404, 'not_found', 'POST', '/api/orders/create',
  as(alice, order(limit .. (',"account_id":"%s"'):format(holders_home))))
expect('nothing is opened in it', 404, 'not_found', 'POST', activate, as(alice, (good:gsub('"mode"', '"account_id":"' .. holders_home .. '","mode"'))))
expect('a person\'s in use', 409, 'wrong_state', 'DELETE', '/api/accounts/' .. account, as(alice))
body = expect('an account with an order', 201, nil, 'POST', '/api/accounts', as(alice, '{"balance":9000}'))
do
  local id = body.account_id
  local rests = expect('in it', 201, nil, 'POST', '/api/orders/create', as(alice, order(limit .. (',"account_id":"%s"'):format(id))))
  expect('it stays', 409, 'wrong_state', 'DELETE', '/api/accounts/' .. id, as(alice))
  expect('without it', 200, nil, 'POST', '/api/orders/cancel/' .. rests.order_id, as(alice))
  expect('it goes', 200, nil, 'DELETE', '/api/accounts/' .. id, as(alice))
  expect('its order is told', 200, nil, 'GET', '/api/orders/status/' .. rests.order_id, as(alice))
end
expect('no such account', 404, 'not_found', 'DELETE', '/api/accounts/paper999', as(alice))
expect('a user is no account', 404, 'not_found', 'DELETE', '/api/accounts/alice', as(alice))
expect('no such position', 404, 'not_found', 'POST', '/api/positions/close/a.b.c', as(alice))
body = expect('close', 201, nil, 'POST', '/api/positions/close/' .. mine.position_id, as(alice))
say 'play 2'
expect('it is closed', 404, 'not_found', 'POST', '/api/positions/close/' .. mine.position_id, as(alice))

-- --- the kill switch
expect('global is for admins', 403, 'forbidden', 'POST', '/api/kill', as(alice, '{"scope":"global"}'))
expect('venue is for admins', 403, 'forbidden', 'POST', '/api/kill', as(alice, '{"scope":"venue","id":"paper"}'))
expect('his own', 200, nil, 'POST', '/api/kill', as(alice, '{"scope":"user"}'))
body = expect('no order passes', 422, 'risk_refused', 'POST', '/api/orders/create', as(alice, order(limit)))
check('and says why', body.error.message:find('kill_switch', 1, true), body.error.message)
expect('taken back', 200, nil, 'DELETE', '/api/kill', as(alice, '{"scope":"user"}'))
expect('twice', 404, 'not_found', 'DELETE', '/api/kill', as(alice, '{"scope":"user"}'))
expect('no halt to lift', 404, 'not_found', 'DELETE', '/api/kill', as(alice, '{"scope":"user","halt":true}'))
expect('another\'s halt', 403, 'forbidden', 'DELETE', '/api/kill', as(alice, '{"scope":"user","id":"bob","halt":true}'))
expect('no such halts', 400, 'bad_argument', 'DELETE', '/api/kill', as(admin, '{"scope":"global","halt":true}'))
expect('of an activation', 200, nil, 'POST', '/api/kill', as(alice, ('{"scope":"activation","id":"%s","flatten":true}'):format(grid)))
expect('taken back', 200, nil, 'DELETE', '/api/kill', as(alice, ('{"scope":"activation","id":"%s"}'):format(grid)))
expect('all, by an admin', 200, nil, 'POST', '/api/kill', as(admin, '{"scope":"global"}'))
expect('no order passes', 422, 'risk_refused', 'POST', '/api/orders/create', as(alice, order(limit)))
expect('taken back', 200, nil, 'DELETE', '/api/kill', as(admin, '{"scope":"global"}'))
expect('a wrong scope', 400, 'bad_argument', 'POST', '/api/kill', as(admin, '{"scope":"all"}'))
expect('no such venue', 404, 'not_found', 'POST', '/api/kill', as(admin, '{"scope":"venue","id":"okx"}'))

-- --- the end of an activation
body = expect('deactivate', 200, nil, 'POST', '/api/strategy/hyperrsi/deactivate', as(alice, target ',"positions":"close"'))
say 'play 3'
body = select(2, ask('GET', '/api/strategy/hyperrsi/status/alice', as(alice)))
check('it has stopped', body.items[1].status == 'stopped', body.items[1].status)
expect('deactivate again', 409, 'wrong_state', 'POST', '/api/strategy/hyperrsi/deactivate', as(alice, target()))

-- --- answers wait for the journal
say 'hold'
local later = client.ask_later('POST', '/api/accounts', { token = alice, body = '{"balance":1}' })
for _ = 1, 200 do
  if select(2, ask('GET', '/metrics')):find('http_answers_waiting 1', 1, true) then break end
end
check('the answer waits', select(2, ask('GET', '/metrics')):find('http_answers_waiting 1', 1, true))
say 'release'
check('and leaves when it is durable', later() == 201)

-- --- not ready, and a journal that is down
say 'ready 0'
expect('not ready', 503, nil, 'GET', '/ready')
expect('changes are refused', 503, 'not_ready', 'POST', '/api/accounts', as(alice, '{}'))
expect('looking is not', 200, nil, 'GET', '/api/accounts/alice', as(alice))
say 'ready 1'
say 'down 1'
local status = ask('POST', '/api/orders/create', as(alice, order(limit)))
check('an order that cannot be kept is refused', status == 500, status)
expect('and /ready says so', 503, nil, 'GET', '/ready')
-- A refusal of the moment does not use a key up, and what it makes then is made once.
local kept = as(alice, order '"side":"buy","order_type":"limit","quantity":"0.013","price":"50000"', { 'Idempotency-Key: down' })
expect('a keyed order that cannot be kept', 500, nil, 'POST', '/api/orders/create', kept)
say 'down 0'
body = expect('the same when it can', 201, nil, 'POST', '/api/orders/create', kept)
local first = body.order_id
body = expect('and again', 201, nil, 'POST', '/api/orders/create', kept)
check('is one order', body.order_id == first, body.order_id)
client.finish()
