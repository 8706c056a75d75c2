-- client: a gateway_server of its own, and curl to talk to it. What a test says to the server on its
-- standard input decides what happens; see gateway_server.c.
local M = { passed = 0, failed = 0 }

local program, source, commands = arg[1], arg[2], arg[3]
assert(program and source, 'usage: luajit TEST.lua GATEWAY_SERVER SOURCE_FOLDER [TRADINGBOOST]')
M.source = source

-- --- JSON

--- A JSON text as tables; null is M.null; numbers stay numbers.
M.null = setmetatable({}, { __tostring = function() return 'null' end })
function M.decode(text)
  local at = 1
  local value
  local function space() at = text:find('%S', at) or #text + 1 end
  local function fail(what) error(('JSON at %d: %s: %s'):format(at, what, text:sub(at, at + 40)), 0) end
  local function text_value()
    local parts = {}
    at = at + 1
    while true do
      local stop = text:find('["\\]', at) or fail('a string does not end')
      parts[#parts + 1] = text:sub(at, stop - 1)
      at = stop + 1
      if text:sub(stop, stop) == '"' then return table.concat(parts) end
      local c = text:sub(at, at)
      at = at + 1
      if c == 'u' then
        parts[#parts + 1] = string.char(tonumber(text:sub(at, at + 3), 16) % 256)
        at = at + 4
      else
        parts[#parts + 1] = ({ n = '\n', t = '\t', r = '\r', b = '\b', f = '\f' })[c] or c
      end
    end
  end
  function value()
    space()
    local c = text:sub(at, at)
    if c == '"' then return text_value() end
    if c == '{' or c == '[' then
      local result, closer = {}, c == '{' and '}' or ']'
      at = at + 1
      space()
      if text:sub(at, at) == closer then at = at + 1 return result end
      while true do
        local key
        if c == '{' then
          space()
          key = text_value()
          space()
          if text:sub(at, at) ~= ':' then fail('a colon') end
          at = at + 1
        end
        result[key or #result + 1] = value()
        space()
        local sign = text:sub(at, at)
        at = at + 1
        if sign == closer then return result end
        if sign ~= ',' then fail('a comma') end
      end
    end
    for word, meant in pairs({ ['true'] = true, ['false'] = false, null = M.null }) do
      if text:sub(at, at + #word - 1) == word then at = at + #word return meant end
    end
    local number = text:match('^-?%d+%.?%d*[eE]?[+-]?%d*', at) or fail('a value')
    at = at + #number
    return tonumber(number)
  end
  local result = value()
  space()
  if at <= #text then fail('something behind') end
  return result
end

-- --- the server

local folder = os.tmpname()
os.remove(folder)
assert(os.execute('mkdir -m 700 ' .. folder))
M.folder = folder

local function read(path)
  local f = assert(io.open(path, 'rb'))
  local text = f:read('*a')
  f:close()
  return text
end
M.read = read

local input
function M.start()
  os.execute(('mkfifo %s/said'):format(folder))
  input = assert(io.popen(('cd %s && exec %s %s %s >%s/said'):format(source, program, folder, M.checker or commands, folder), 'w'))
  M.said = assert(io.open(folder .. '/said', 'r'))
  M.port = assert(tonumber((M.said:read('*l') or ''):match('port (%d+)')), 'the server did not start')
  M.admin = read(folder .. '/admin.token'):match('%S+')
end

--- Says a line to the server, and waits until it is done.
function M.say(line)
  input:write(line, '\n')
  input:flush()
  assert(M.said:read('*l') == 'ok', 'the server does not answer to ' .. line)
end

function M.stop()
  input:close()
  M.said:close()
  os.execute('rm -rf ' .. folder)
end

--- A token with a role, of a user.
function M.token(name, role, user)
  local f = assert(io.popen(('%s token add %s --role %s --user %s --data-dir %s 2>/dev/null')
    :format(commands, name, role, user, folder)))
  local text = f:read('*l')
  f:close()
  return assert(text, 'no token')
end

-- --- requests

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- Sends a request and returns status, body as tables (or as text where it is none) and the head.
--- options: token, body (a text), headers (a list), raw = true leaves the body a text.
function M.ask(method, path, options)
  options = options or {}
  local words = { 'curl -s -g --path-as-is -o', folder .. '/body', '-D', folder .. '/head', '-X', method, '--max-time 20' }
  if method == 'HEAD' then words[#words] = '--head --max-time 20' end
  if options.token then words[#words + 1] = '-H ' .. quote('Authorization: Bearer ' .. options.token) end
  if options.body then
    words[#words + 1] = '--data-binary ' .. quote(options.body)
    if not options.type then words[#words + 1] = "-H 'Content-Type: application/json'" end
  end
  if options.type then words[#words + 1] = '-H ' .. quote('Content-Type: ' .. options.type) end
  for _, header in ipairs(options.headers or {}) do words[#words + 1] = '-H ' .. quote(header) end
  words[#words + 1] = quote(('http://127.0.0.1:%d%s'):format(M.port, path))
  os.execute('rm -f ' .. folder .. '/body')
  os.execute(table.concat(words, ' '))
  local head = read(folder .. '/head')
  local status = tonumber(head:match('HTTP/1%.1 (%d+)[^\n]*\r\n.*$')) or 0
  local f = io.open(folder .. '/body', 'rb')
  local body = f and f:read('*a') or ''
  if f then f:close() end
  if method ~= 'HEAD' and head:find('application/json', 1, true) and body ~= '' and not options.raw then body = M.decode(body) end
  return status, body, head
end

--- The same without waiting: returns a function that waits and gives status and body.
function M.ask_later(method, path, options)
  local file = os.tmpname()
  local command = ("curl -s -g -X %s -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' %s --max-time 20 -w '\\n%%{http_code}' 'http://127.0.0.1:%d%s' >%s")
    :format(method, options.token, options.body and '--data-binary ' .. quote(options.body) or '', M.port, path, file)
  local process = io.popen(command .. '; echo done', 'r')
  return function()
    process:read('*a')
    process:close()
    local text = read(file)
    os.remove(file)
    local body, status = text:match('^(.*)\n(%d+)$')
    return tonumber(status), body ~= '' and M.decode(body) or ''
  end
end

-- --- saying what happened

function M.check(name, is_good, why)
  if is_good then
    M.passed = M.passed + 1
    return true
  end
  M.failed = M.failed + 1
  print('FAIL ' .. name .. (why and ': ' .. tostring(why) or ''))
  return false
end

--- One request with the status (and the code of its error) that it must have.
function M.expect(name, status, code, method, path, options)
  local got, body, head = M.ask(method, path, options)
  local got_code = type(body) == 'table' and type(body.error) == 'table' and body.error.code or nil
  local text = ('%s %s: expected %d %s, got %d %s %s'):format(method, path, status, code or '', got, got_code or '',
    type(body) == 'table' and body.error and body.error.message or '')
  M.check(name, got == status and (code == nil or got_code == code), text)
  return body, head
end

function M.finish()
  M.stop()
  print(('%d passed, %d failed'):format(M.passed, M.failed))
  os.exit(M.failed == 0 and M.passed > 0 and 0 or 1)
end

return M
