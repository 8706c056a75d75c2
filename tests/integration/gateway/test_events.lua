-- Server-sent events: what happens reaches its user, and only him; a reader that comes again misses
-- nothing; where something may be missing it is told so.
package.path = (arg[2] or '.') .. '/tests/integration/gateway/?.lua;' .. package.path
local client = require 'client'
local check, ask, say = client.check, client.ask, client.say
client.start()
local alice = client.token('alice', 'trader', 'alice')
local bob = client.token('bob', 'trader', 'bob')
for _ = 1, 100 do
  if ask('GET', '/api/strategies', { token = bob }) == 200 then break end
end

-- A reader in the background; returns a function that ends it and gives its events.
local function listen(user, token, last)
  local file = os.tmpname()
  local pid = file .. '.pid'
  os.execute(("curl -s -N --max-time 30 -H 'Authorization: Bearer %s' %s http://127.0.0.1:%d/api/events/%s >%s & echo $! >%s")
    :format(token, last and ("-H 'Last-Event-ID: %s'"):format(last) or '', client.port, user, file, pid))
  for _ = 1, 500 do
    if client.read(file):find('retry', 1, true) then break end
    os.execute('sleep 0.01')
  end
  return function(is_there)
    local text
    for _ = 1, 300 do
      text = client.read(file)
      if not is_there or is_there(text) then break end
      os.execute('sleep 0.01')
    end
    os.execute('kill ' .. client.read(pid))
    os.remove(file)
    os.remove(pid)
    local events = {}
    for frame in text:gmatch('(.-)\n\n') do
      local data = frame:match('data: (.*)$')
      if data then
        events[#events + 1] = { id = frame:match('id: ([^\n]+)'), kind = frame:match('event: ([^\n]+)'), data = client.decode(data) }
      end
    end
    return events
  end
end

local function has(kind) return function(text) return text:find('event: ' .. kind, 1, true) ~= nil end end

local ears, others = listen('alice', alice), listen('bob', bob)
local status, a = ask('POST', '/api/strategy/hyperrsi/activate',
  { token = alice, body = '{"exchange":"paper","symbol":"BTC-USDT-SWAP","mode":"paper","timeframe":"5m"}' })
assert(status == 201)
say 'play 700'
local events = ears(has 'fill')
check('bob hears nothing', #others() == 0)
local kinds, last = {}, nil
for _, e in ipairs(events) do
  kinds[e.kind] = (kinds[e.kind] or 0) + 1
  check('ids grow', last == nil or tonumber(e.id:match('%-(%d+)')) > tonumber(last:match('%-(%d+)')))
  last = e.id
end
for _, kind in ipairs { 'status', 'signal', 'order', 'fill' } do check('there are events of ' .. kind, kinds[kind]) end
for _, e in ipairs(events) do
  if e.kind == 'fill' then check('a fill has its figures', type(e.data.fill_price) == 'string' and e.data.user_id == 'alice') end
end

-- What happened meanwhile comes first, and once.
say 'play 700'
local middle = events[math.floor(#events / 2)].id
ears = listen('alice', alice, middle)
local again = ears(function(text) return select(2, text:gsub('\nevent: ', '')) > #events / 2 end)
check('it goes on behind that event', again[1] and again[1].id == events[math.floor(#events / 2) + 1].id, again[1] and again[1].id)
check('and nothing is told to be missing', again[1].kind ~= 'gap')

-- An id of another run, or of nobody: something may be missing.
for _, id in ipairs { 'ffffffff-12', 'rubbish', '99999999999999999999-1' } do
  ears = listen('alice', alice, id)
  again = ears(has 'gap')
  check('a gap is told for ' .. id, again[1] and again[1].kind == 'gap')
end

-- A person's order, and no more readers than allowed.
assert(ask('POST', '/api/accounts', { token = alice, body = '{}' }) == 201)
local open = {}
for i = 1, 8 do open[i] = listen('alice', alice) end
check('a ninth reader is refused', ask('GET', '/api/events/alice', { token = alice }) == 429)
for i = 1, 8 do open[i]() end

-- The server ends its streams when it stops.
local file = os.tmpname()
os.execute(("(curl -s -N --max-time 30 -H 'Authorization: Bearer %s' http://127.0.0.1:%d/api/events/bob; echo ended) >%s &"):format(bob, client.port, file))
for _ = 1, 500 do
  if client.read(file):find('retry', 1, true) then break end
  os.execute('sleep 0.01')
end
say 'stop'
for _ = 1, 500 do
  if client.read(file):find('ended', 1, true) then break end
  os.execute('sleep 0.01')
end
check('a stream ends when the server stops', client.read(file):find('ended', 1, true))
os.remove(file)
client.finish()
