-- Ownership: every route with another user's things: nothing is shown, nothing is changed, and what
-- is another's cannot be told from what does not exist.
package.path = (arg[2] or '.') .. '/tests/integration/gateway/?.lua;' .. package.path
local client = require 'client'
local check, ask, say = client.check, client.ask, client.say
client.start()
local admin = client.admin
local victim = client.token('victim', 'trader', 'victim')
local thieves = {}
for _, role in ipairs { 'trader', 'author', 'operator' } do thieves[role] = client.token(role, role, 'thief') end
for _ = 1, 100 do
  if ask('GET', '/api/strategies', { token = victim }) == 200 and ask('GET', '/api/strategies', { token = thieves.operator }) == 200 then break end
end

-- What the victim has: an activation with orders, a resting order and a position of his own.
local function must(status, method, path, body)
  local got, answer = ask(method, path, { token = victim, body = body })
  assert(got == status, ('%s %s: %d %s'):format(method, path, got, type(answer) == 'table' and answer.error and answer.error.message or ''))
  return answer
end
local a = must(201, 'POST', '/api/strategy/grid/activate', '{"exchange":"paper","symbol":"BTC-USDT-SWAP","mode":"paper"}')
say 'play 200'
local account = must(201, 'POST', '/api/accounts', '{}').account_id
local order = '{"symbol":"BTC-USDT-SWAP","exchange":"paper","side":"buy","order_type":"limit","quantity":"0.01","price":"45000"}'
local resting = must(201, 'POST', '/api/orders/create', order).order_id
must(201, 'POST', '/api/orders/create', (order:gsub('"limit"', '"market"'):gsub(',"price":"45000"', '')))
say 'play 2'
local position
for _, p in ipairs(must(200, 'GET', '/api/positions/victim').items) do if p.owner == 'manual' then position = p.position_id end end
assert(position)

-- Every route that is not open; {} in a path is whose it is.
local json = {
  target = ('{"activation_id":"%s"}'):format(a.activation_id),
  by_symbol = '{"user_id":"victim","symbol":"BTC-USDT-SWAP"}',
  adjust = ('{"activation_id":"%s","params":{"leverage":3}}'):format(a.activation_id),
}
local rows = {
  { 403, 'GET', '/api/strategy/grid/status/victim' },
  { 403, 'GET', '/api/strategy/grid/signals/victim' },
  { 403, 'GET', '/api/strategy/grid/levels/victim' },
  { 403, 'POST', '/api/strategy/grid/activate', '{"user_id":"victim","exchange":"paper","symbol":"BTC-USDT-SWAP","mode":"paper"}' },
  { 404, 'POST', '/api/strategy/grid/activate', ('{"account_id":"%s","exchange":"paper","symbol":"BTC-USDT-SWAP","mode":"paper"}'):format(account) },
  { 404, 'POST', '/api/strategy/grid/pause', json.target }, { 403, 'POST', '/api/strategy/grid/pause', json.by_symbol },
  { 404, 'POST', '/api/strategy/grid/resume', json.target }, { 403, 'POST', '/api/strategy/grid/resume', json.by_symbol },
  { 404, 'POST', '/api/strategy/grid/deactivate', json.target }, { 403, 'POST', '/api/strategy/grid/deactivate', json.by_symbol },
  { 404, 'POST', '/api/strategy/grid/adjust', json.adjust },
  { 404, 'POST', '/api/strategy/grid/command/x', json.target },
  { 403, 'GET', '/api/accounts/victim' },
  { 404, 'DELETE', '/api/accounts/' .. account },
  { 403, 'POST', '/api/accounts', '{"user_id":"victim"}' },
  { 403, 'POST', '/api/orders/create', (order:gsub('^{', '{"user_id":"victim",')) },
  { 404, 'POST', '/api/orders/create', (order:gsub('^{', '{"account_id":"' .. account .. '",')) },
  { 404, 'POST', '/api/orders/cancel/' .. resting },
  { 404, 'PATCH', '/api/orders/' .. resting, '{"price":44000}' },
  { 404, 'GET', '/api/orders/status/' .. resting },
  { 403, 'GET', '/api/orders/list/victim' },
  { 404, 'GET', '/api/orders/fills/' .. resting },
  { 404, 'GET', '/api/orders/' .. resting .. '/history' },
  { 403, 'GET', '/api/positions/victim' },
  { 403, 'GET', '/api/positions/victim/BTC-USDT-SWAP' },
  { 403, 'GET', '/api/positions/pnl/victim' },
  { 403, 'GET', '/api/positions/risk/victim' },
  { 404, 'POST', '/api/positions/close/' .. position },
  { 403, 'POST', '/api/kill', '{"scope":"user","id":"victim"}' },
  { 404, 'POST', '/api/kill', ('{"scope":"activation","id":"%s"}'):format(a.activation_id) },
  { 403, 'POST', '/api/kill', '{"scope":"global"}' },
  { 403, 'POST', '/api/kill', '{"scope":"venue","id":"paper"}' },
  { 403, 'DELETE', '/api/kill', '{"scope":"user","id":"victim"}' },
  { 404, 'DELETE', '/api/kill', ('{"scope":"activation","id":"%s"}'):format(a.activation_id) },
  { 403, 'GET', '/api/events/victim' },
}

local function state()
  local parts = {}
  for _, path in ipairs { '/api/strategy/grid/status/victim', '/api/orders/list/victim?limit=500', '/api/positions/victim', '/api/accounts/victim' } do
    parts[#parts + 1] = select(2, ask('GET', path, { token = victim, raw = true }))
  end
  return table.concat(parts, '\n')
end

local before = state()
local leaks = 0
for role, token in pairs(thieves) do
  for _, row in ipairs(rows) do
    local status, _, method, path, body = nil, unpack(row)
    local got, answer = ask(method, path, { token = token, body = body, raw = true })
    local name = ('%s: %s %s %s'):format(role, method, path, body or '')
    if not check(name, got == row[1], got .. ' ' .. answer) then leaks = leaks + 1 end
    -- Another's thing and one that does not exist are told in the same words.
    if row[1] == 404 then
      local function strange(text)
        return (text:gsub('/accounts/' .. account .. '$', '/accounts/paper999'):gsub(a.activation_id, 'azzzzzzzzzzzz'):gsub(resting, 'mzzzzzzzzzzzzo1'):gsub((position:gsub('%-', '%%-')), 'mzz.BTC-USDT-SWAP.net')
          :gsub('"' .. account .. '"', '"paper999"'))
      end
      local _, other = ask(method, strange(path), { token = token, body = body and strange(body), raw = true })
      check('the same words: ' .. name, strange(answer):gsub(account, 'paper999') == other:gsub(account, 'paper999'), answer .. ' ' .. other)
    end
  end
  -- A batch has a fault a line.
  local _, batch = ask('POST', '/api/orders/batch', { token = token, body = '{"orders":[' .. order:gsub('^{', '{"user_id":"victim",') .. ']}' })
  check('batch', batch.items[1].error.code == 'forbidden')
end
check('nothing leaked', leaks == 0)
check('nothing changed', state() == before)

-- Lists of the thief are empty, whatever their filters name.
for _, path in ipairs {
  '/api/strategy/grid/status/thief?activation_id=' .. a.activation_id, '/api/orders/list/thief?activation_id=' .. a.activation_id,
  '/api/accounts/thief', '/api/positions/thief', '/api/strategy/grid/levels/thief?activation_id=' .. a.activation_id } do
  local _, body = ask('GET', path, { token = thieves.trader })
  check(path .. ' is empty', #body.items == 0)
end

-- An admin may.
for _, path in ipairs { '/api/orders/list/victim', '/api/positions/victim', '/api/accounts/victim', '/api/orders/status/' .. resting } do
  check('admin ' .. path, ask('GET', path, { token = admin }) == 200)
end

-- A token that was removed is nobody's.
os.execute(('%s token remove trader --data-dir %s'):format(arg[3], client.folder))
local status
for _ = 1, 100 do
  status = ask('GET', '/api/accounts/thief', { token = thieves.trader })
  if status == 401 then break end
end
check('a removed token', status == 401, status)
client.finish()
