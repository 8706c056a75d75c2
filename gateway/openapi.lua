-- openapi: reads openapi.yaml and writes it as JSON in a table of C.
--   luajit openapi.lua openapi.yaml OUT.c        luajit openapi.lua openapi.yaml OUT.json
-- The YAML it takes: maps and lists by indentation, lists and maps in brackets, plain and quoted
-- scalars on one line, comments. Anything else is an error with its line.

local source, target = arg[1], arg[2]

local function fail(line, text)
  io.stderr:write(('%s:%d: %s\n'):format(source, line, text))
  os.exit(1)
end

-- --- lines

local lines = {}
do
  local number = 0
  for text in io.lines(source) do
    number = number + 1
    local indent, rest = text:match('^( *)(.-)%s*$')
    if rest:find('\t', 1, true) then fail(number, 'a tab') end
    if rest ~= '' and rest:sub(1, 1) ~= '#' then
      lines[#lines + 1] = { number = number, indent = #indent, text = rest }
    end
  end
end

-- --- values: { kind = 'map', { key, value }… }, { kind = 'list', value… }, { kind = 'scalar', json = … }

local function quote(text)
  return '"' .. text:gsub('[%z\1-\31\\"]', function(c)
    if c == '"' or c == '\\' then return '\\' .. c end
    return ('\\u%04x'):format(c:byte())
  end) .. '"'
end

local function plain(text)
  if text == 'true' or text == 'false' or text == 'null' then return { kind = 'scalar', json = text } end
  if text:match('^-?%d+$') or text:match('^-?%d+%.%d+$') then return { kind = 'scalar', json = text } end
  return { kind = 'scalar', json = quote(text) }
end

-- A value on one line from `at`; returns it and the place behind it. `inside` brackets commas end it.
local function inline(text, at, line, inside)
  at = text:find('%S', at) or #text + 1
  local c = text:sub(at, at)
  if c == '{' or c == '[' then
    local is_map = c == '{'
    local value = { kind = is_map and 'map' or 'list' }
    local closer = is_map and '}' or ']'
    at = at + 1
    while true do
      at = text:find('%S', at) or fail(line, 'a bracket is not closed')
      if text:sub(at, at) == closer then return value, at + 1 end
      if is_map then
        local key, behind = text:match('^"([^"]*)"%s*:()', at)
        if not key then key, behind = text:match("^'([^']*)'%s*:()", at) end
        if not key then key, behind = text:match('^([%w_$.%-/]+)%s*:()', at) end
        if not key then fail(line, 'a key is expected at ' .. text:sub(at)) end
        value[#value + 1] = { key }
        value[#value][2], at = inline(text, behind, line, true)
      else
        value[#value + 1], at = inline(text, at, line, true)
      end
      at = text:find('%S', at) or fail(line, 'a bracket is not closed')
      local sign = text:sub(at, at)
      if sign == ',' then at = at + 1
      elseif sign ~= closer then fail(line, 'a comma is expected at ' .. text:sub(at)) end
    end
  end
  if c == '"' then
    local body, behind = text:match('^"([^"\\]*)"()', at)
    if not body then fail(line, 'a quoted text without backslashes is expected') end
    return { kind = 'scalar', json = quote(body) }, behind
  end
  if c == "'" then
    local body, behind = text:match("^'([^']*)'()", at)
    if not body then fail(line, 'a quoted text is not closed') end
    return { kind = 'scalar', json = quote(body) }, behind
  end
  local stop = inside and (text:find('[,%]}]', at) or #text + 1) or #text + 1
  local body = text:sub(at, stop - 1):match('^(.-)%s*$')
  if body == '' then fail(line, 'a value is expected') end
  if not inside and (body:find(' #', 1, true) or body:sub(1, 1):find('[|>&*!%%@`]')) then
    fail(line, 'this form of a value is not taken: ' .. body)
  end
  return plain(body), stop
end

local function whole(text, line)
  local value, behind = inline(text, 1, line, false)
  if text:find('%S', behind) then fail(line, 'something stands behind the value') end
  return value
end

local function split(text)
  local key, rest = text:match('^"([^"]*)":%s*(.*)$')
  if not key then key, rest = text:match("^'([^']*)':%s*(.*)$") end
  if not key then key, rest = text:match('^([^%s:"\'{%[][^:]*):%s+(.*)$') end
  if not key then key, rest = text:match('^([^%s:"\'{%[][^:]*):$'), '' end
  return key, rest
end

local place = 1
local block

local function map(indent)
  local value, seen = { kind = 'map' }, {}
  while lines[place] and lines[place].indent == indent and lines[place].text:sub(1, 2) ~= '- ' do
    local line = lines[place]
    local key, rest = split(line.text)
    if not key then fail(line.number, 'a key is expected') end
    if seen[key] then fail(line.number, key .. ' stands twice') end
    seen[key] = true
    place = place + 1
    if rest ~= '' then
      value[#value + 1] = { key, whole(rest, line.number) }
    else
      local next_line = lines[place]
      if not next_line or next_line.indent <= indent then fail(line.number, key .. ' has no value') end
      value[#value + 1] = { key, block(next_line.indent) }
    end
  end
  return value
end

local function list(indent)
  local value = { kind = 'list' }
  while lines[place] and lines[place].indent == indent and lines[place].text:sub(1, 2) == '- ' do
    local line = lines[place]
    local rest = line.text:sub(3)
    if rest:sub(1, 1) ~= '{' and rest:sub(1, 1) ~= '[' and split(rest) then
      line.indent, line.text = indent + 2, rest
      value[#value + 1] = map(indent + 2)
    else
      place = place + 1
      value[#value + 1] = whole(rest, line.number)
    end
  end
  return value
end

function block(indent)
  local value = lines[place].text:sub(1, 2) == '- ' and list(indent) or map(indent)
  if lines[place] and lines[place].indent > indent then fail(lines[place].number, 'the indentation is wrong') end
  return value
end

local function json(value, out)
  if value.kind == 'scalar' then
    out[#out + 1] = value.json
  elseif value.kind == 'list' then
    out[#out + 1] = '['
    for i, item in ipairs(value) do
      if i > 1 then out[#out + 1] = ',' end
      json(item, out)
    end
    out[#out + 1] = ']'
  else
    out[#out + 1] = '{'
    for i, pair in ipairs(value) do
      if i > 1 then out[#out + 1] = ',' end
      out[#out + 1] = quote(pair[1]) .. ':'
      json(pair[2], out)
    end
    out[#out + 1] = '}'
  end
end

local root = block(0)
if lines[place] then fail(lines[place].number, 'the indentation is wrong') end
local parts = {}
json(root, parts)
local text = table.concat(parts)

local file = assert(io.open(target, 'w'))
if target:match('%.json$') then
  file:write(text, '\n')
else
  file:write('#include <stddef.h>\n\nextern const char openapi_json[];\nextern const size_t openapi_json_length;\n\n')
  file:write('const char openapi_json[] =\n')
  for i = 1, #text, 80 do
    file:write('    "', text:sub(i, i + 79):gsub('[\\"?]', '\\%0'):gsub('[\128-\255]', function(c)
      return ('\\%03o'):format(c:byte())
    end), '"\n')
  end
  file:write('    ;\nconst size_t openapi_json_length = sizeof openapi_json - 1;\n')
end
file:close()
