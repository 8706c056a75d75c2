-- Every operation that gateway/openapi.yaml describes is asked with its own examples and answers as
-- described: the status, and the shape of the body.
package.path = (arg[2] or '.') .. '/tests/integration/gateway/?.lua;' .. package.path
local client = require 'client'
local check, ask, say, null = client.check, client.ask, client.say, client.null
client.start()
local token = client.token('demo', 'trader', 'demo')
local json = tostring(client.folder) .. '/openapi.json'
assert(os.execute(('luajit %s/gateway/openapi.lua %s/gateway/openapi.yaml %s'):format(client.source, client.source, json)) == 0)
local api = client.decode(client.read(json))
for _ = 1, 100 do
  if ask('GET', '/api/strategies', { token = token }) == 200 then break end
end

-- --- schemas

local function resolve(x)
  while x['$ref'] do
    local at = api
    for part in x['$ref']:sub(3):gmatch('[^/]+') do at = assert(at[part], x['$ref']) end
    x = at
  end
  return x
end

local function kind(v)
  if v == null then return 'null' end
  if type(v) == 'table' then return (#v > 0 or next(v) == nil) and 'array' or 'object' end
  return type(v)
end

-- What is wrong with a value, or nil.
local function fault(v, schema, path)
  schema = resolve(schema)
  local types = type(schema.type) == 'table' and schema.type or { schema.type }
  local is_good = #types == 0
  for _, t in ipairs(types) do
    local k = kind(v)
    is_good = is_good or k == t or (t == 'integer' and k == 'number' and v % 1 == 0) or (t == 'object' and k == 'array' and next(v) == nil)
  end
  if not is_good then return ('%s is %s: %s'):format(path, kind(v), tostring(v)) end
  if schema.enum then
    local is_in = false
    for _, e in ipairs(schema.enum) do is_in = is_in or e == v end
    if not is_in then return path .. ' is ' .. tostring(v) end
  end
  if schema.format == 'date-time' and type(v) == 'string' and not v:match('^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$') then
    return path .. ' is no time: ' .. v
  end
  if schema.pattern == '^-?[0-9]+(\\.[0-9]{1,18})?$' and type(v) == 'string' and not (v:match('^%-?%d+$') or v:match('^%-?%d+%.%d+$')) then
    return path .. ' is no decimal: ' .. v
  end
  if kind(v) == 'object' or (schema.properties and kind(v) == 'array') then
    for _, name in ipairs(schema.required or {}) do
      if v[name] == nil then return path .. ' has no ' .. name end
    end
    if schema.properties then
      for name, member in pairs(v) do
        if not schema.properties[name] then return ('%s has %s, which is not described'):format(path, name) end
        local why = fault(member, schema.properties[name], path .. '.' .. name)
        if why then return why end
      end
    end
  end
  if schema.items then
    for i, item in ipairs(v) do
      local why = fault(item, schema.items, path .. '[' .. i .. ']')
      if why then return why end
    end
  end
end

local function encode(v)
  local k = kind(v)
  if k == 'string' then return '"' .. v:gsub('[\\"]', '\\%0') .. '"' end
  if k == 'null' or k == 'number' or k == 'boolean' then return tostring(v) end
  local parts = {}
  if k == 'array' and #v > 0 then
    for _, item in ipairs(v) do parts[#parts + 1] = encode(item) end
    return '[' .. table.concat(parts, ',') .. ']'
  end
  for name, member in pairs(v) do parts[#parts + 1] = ('"%s":%s'):format(name, encode(member)) end
  return '{' .. table.concat(parts, ',') .. '}'
end

-- --- what the examples speak of

local function must(method, path, body)
  local status, answer = ask(method, path, { token = token, body = body })
  assert(status == 201 or status == 200, ('%s %s: %d'):format(method, path, status))
  return answer
end
must('POST', '/api/accounts', '{}')
say 'play 60'
local order = '{"symbol":"BTC-USDT-SWAP","exchange":"paper","side":"buy","order_type":"%s","quantity":"0.01"%s}'

local function with_things(text, name)
  if text:find('aexample', 1, true) then
    local a = must('POST', '/api/strategy/' .. name .. '/activate', '{"exchange":"paper","symbol":"BTC-USDT-SWAP","mode":"paper"}')
    text = text:gsub('aexample', a.activation_id)
  end
  if text:find('paper1000', 1, true) then
    text = text:gsub('paper1000', must('POST', '/api/accounts', '{}').account_id)
  end
  if text:find('mexampleo1', 1, true) then
    text = text:gsub('mexampleo1', must('POST', '/api/orders/create', order:format('limit', ',"price":"50000"')).order_id)
  end
  if text:find('mexample.BTC', 1, true) then
    must('POST', '/api/orders/create', order:format('market', ''))
    say 'play 1'
    for _, p in ipairs(must('GET', '/api/positions/demo').items) do
      if p.owner == 'manual' then text = text:gsub('mexample%.BTC%-USDT%-SWAP%.net', (p.position_id:gsub('%%', '%%%%'))) end
    end
  end
  return text
end

-- --- each operation, in the order of the paths' names but for the switch, which is last

local paths = {}
for path in pairs(api.paths) do paths[#paths + 1] = path end
table.sort(paths, function(a, b)
  local x, y = a == '/api/kill', b == '/api/kill'
  if x ~= y then return y end
  return a < b
end)

local count = 0
for _, path in ipairs(paths) do
  for _, method in ipairs { 'get', 'post', 'patch', 'put', 'delete' } do
    local operation = api.paths[path][method]
    if operation and operation.operationId ~= 'events' then
      count = count + 1
      say 'play 1' -- equal orders within a second would be taken for one
      local values = {}
      local full = path
      -- An operation's own parameter stands before its path's.
      for _, list in ipairs { operation.parameters or {}, api.paths[path].parameters or {} } do
        for _, parameter in ipairs(list) do
          parameter = resolve(parameter)
          if parameter['in'] == 'path' then
            values[parameter.name] = values[parameter.name] or parameter.example
            full = full:gsub('{' .. parameter.name .. '}', (parameter.example:gsub('%%', '%%%%')))
          end
        end
      end
      local body
      if operation.requestBody then body = encode(operation.requestBody.content['application/json'].example) end
      local all = with_things(full .. '\n' .. (body or ''), values.name)
      full = all:match('^[^\n]*')
      body = body and all:match('\n(.*)$')
      local status, answer = ask(method:upper(), full, { token = not operation.security and token or nil, body = body })
      local described = operation.responses[tostring(status)]
      local name = method .. ' ' .. path
      if check(name, described, ('%d is not described: %s'):format(status, type(answer) == 'table' and answer.error and answer.error.message or '')) then
        local content = resolve(described).content
        local schema = content['application/json'] and content['application/json'].schema
        if schema and operation.operationId ~= 'openapi' then
          local why = fault(answer, schema, 'answer')
          check(name, why == nil, why)
        end
      end
      -- A refusal has the one shape.
      if not operation.security then
        local got, refused = ask(method:upper(), full, { body = body })
        check(name .. ' without a token', got == 401 and fault(refused, api.components.schemas.Error, 'error') == nil, got)
      end
    end
  end
end
check('all operations were asked', count >= 36, count)
client.finish()
