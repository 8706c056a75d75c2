-- tidy: what the house promises, read from its sources: who includes whom, head comments, calls that
-- are not made here, sizes of files.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'
local source = drive.source

-- Design: the rooms of runtime/ and whom each may include.
local heart = 'base market trade match script engine stats'
local rooms = {
  base = '', market = 'base', trade = 'base market', match = 'base market trade',
  script = 'base market trade', engine = 'base market trade match script', stats = 'base trade',
  loop = 'base', store = 'base loop engine', worker = 'base loop script', research = heart, app = heart .. ' loop worker store research gateway',
  gateway = 'base market trade engine',
}
local pure = { base = true, market = true, trade = true, match = true, script = true, engine = true, stats = true }
-- Of script the engine knows the messages, not the sandbox.
local engine_may = { ['script/message.h'] = true, ['script/message_codec.h'] = true }

-- A call, where it may stand, and what to write instead.
local banned = {
  { 'strcpy%s*%(', '', 'snprintf' }, { 'strcat%s*%(', '', 'a buffer' }, { '[^%w_]sprintf%s*%(', '', 'snprintf' },
  { '[^%w_]atoi%s*%(', '', 'a parser that can fail' }, { '[^%w_]atof%s*%(', '', 'decimal_parse' },
  { '[^%w_]gets%s*%(', '', 'fgets' }, { '[^%w_]rand%s*%(', '', 'base/random' }, { '[^%w_]alloca%s*%(', '', 'an arena' },
  { 'siglongjmp', '', 'nothing: it deadlocks in libgcc' },
  { 'lua_pcall%s*%(', 'runtime/script/sandbox.c runtime/script/library_base.c runtime/script/data_file.c tests/', 'sandbox_call' },
  { 'luaL_loadbuffer%s*%(', 'tests/', 'luaL_loadbufferx with a mode' }, { 'luaL_loadstring', 'tests/', 'luaL_loadbufferx' },
}
-- A pure room opens nothing, reads no clock, draws no lot.
local impure = { '[^%w_]fopen%s*%(', '[^%w_.]open%s*%(', 'clock_gettime', '[^%w_]time%s*%(NULL', 'getrandom', '[^%w_]socket%s*%(', 'gettimeofday' }
local impure_may = { ['runtime/stats/orders_file.c'] = true, ['runtime/base/log.c'] = true }

local function list(folder)
  local files = {}
  local p = io.popen(('cd %s && find %s -name "*.[ch]" | sort'):format(source, folder))
  for line in p:lines() do files[#files + 1] = line end
  p:close()
  return files
end

local function strip(text)
  return (text:gsub('/%*.-%*/', function(c) return (c:gsub('[^\n]', ' ')) end):gsub('//[^\n]*', ''))
end

local function check(name, problems)
  if #problems == 0 then drive.pass(name) else drive.fail(name, '\n  ' .. table.concat(problems, '\n  ')) end
end

local includes, heads, calls, purity, sizes = {}, {}, {}, {}, {}
local files = list('runtime')
for _, path in ipairs(list('gateway')) do files[#files + 1] = path end
assert(#files > 20, 'the sources are not where they should be')

for _, path in ipairs(files) do
  local room = path:match('^runtime/([^/]+)/') or path:match('^(gateway)/')
  local text = drive.read(source .. '/' .. path)
  local code = strip(text)
  if not rooms[room] then includes[#includes + 1] = path .. ': the room is not in the table' end
  for included in text:gmatch('#include "([^"]+)"') do
    local target = included:match('^([^/]+)/')
    local allowed = target == room or (' ' .. (rooms[room] or '') .. ' '):find(' ' .. tostring(target) .. ' ', 1, true)
    if room ~= 'engine' and included == 'engine/engine_state.h' then allowed = false end
    if room == 'engine' and target == 'script' and not engine_may[included] then allowed = false end
    if not allowed then includes[#includes + 1] = ('%s includes %s'):format(path, included) end
  end
  if path:match('%.h$') and not text:match('^/%*') then heads[#heads + 1] = path .. ': no head comment' end
  if path:match('%.h$') and not text:find('#pragma once', 1, true) then heads[#heads + 1] = path .. ': no #pragma once' end
  for _, rule in ipairs(banned) do
    local may = false
    for prefix in rule[2]:gmatch('%S+') do may = may or path:sub(1, #prefix) == prefix end
    if not may and code:find(rule[1]) then calls[#calls + 1] = ('%s calls %s: use %s'):format(path, rule[1], rule[3]) end
  end
  if pure[room] and not impure_may[path] then
    for _, pattern in ipairs(impure) do
      if code:find(pattern) then purity[#purity + 1] = ('%s: %s'):format(path, pattern) end
    end
  end
  local _, lines = text:gsub('\n', '\n')
  if lines > 700 then sizes[#sizes + 1] = ('%s has %d lines'):format(path, lines) end
end

check('includes follow the table of rooms', includes)
check('every header says what it is for', heads)
check('no banned call', calls)
check('the heart opens nothing and reads no clock', purity)
check('no file is over 700 lines', sizes)

-- Shipped scripts use no function whose last bit differs between machines.
local inexact = {}
local p = io.popen(('cd %s && find strategies lua -name "*.lua" ! -path "*/types/*" | sort'):format(source))
for path in p:lines() do
  local code = drive.read(source .. '/' .. path):gsub('%-%-[^\n]*', '')
  if code:find('%^') or code:find('math%.%a*exp') or code:find('math%.log') or code:find('math%.pow') or code:find('math%.sin') then
    inexact[#inexact + 1] = path
  end
end
p:close()
check('shipped scripts are exact on every machine', inexact)

drive.finish()
