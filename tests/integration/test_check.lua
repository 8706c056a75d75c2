-- check: every bad script is told what its head expects and nothing else, good ones are told nothing.
-- A line `-- expect 7: error: text` is a finding of line 7 (0: without a line) that begins so.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'

local function list(folder)
  local names = {}
  local p = io.popen(('ls %s/tests/scripts/%s'):format(drive.source, folder))
  for name in p:lines() do names[#names + 1] = name end
  p:close()
  return names
end

local function expectations(path, name)
  local folder = drive.exists(path .. '/init.lua')
  local text = drive.read(folder and path .. '/init.lua' or path)
  local wanted = {}
  for file, line, rest in text:gmatch('%-%- expect (%S-) ?(%d+): ([^\n]+)') do
    local shown = 'tests/scripts/bad/' .. name .. (folder and '/' .. file or '')
    wanted[#wanted + 1] = shown .. ':' .. (line ~= '0' and line .. ':' or '') .. ' ' .. rest
  end
  return wanted
end

local function begins(text, start)
  return text:sub(1, #start) == start
end

-- Sentences of the sandbox may have something before the word that matters.
local function fits(line, wanted)
  local place, level, words = wanted:match('^(%S+ )(%a+: )(.*)$')
  return begins(line, place .. level) and line:sub(#place + #level + 1):find(words, 1, true) ~= nil
end

for _, name in ipairs(list 'bad') do
  local path = 'tests/scripts/bad/' .. name
  local wanted = expectations(drive.source .. '/' .. path, name)
  local status, printed = drive.run('check ' .. path)
  local found = {}
  for line in printed:gmatch('[^\n]+') do
    if not line:find('checked: ', 1, true) then found[#found + 1] = line end
  end
  local has_error, missing = false, nil
  for i, line in ipairs(wanted) do
    has_error = has_error or line:find(' error: ', 1, true) ~= nil
    if not (found[i] and fits(found[i], line)) then missing = missing or line end
  end
  local expected = has_error and 1 or 0
  if #wanted == 0 then
    drive.fail(path, 'it expects nothing')
  elseif missing or #found ~= #wanted then
    drive.fail(path, ('expected %s; it says\n%s'):format(missing or 'less', printed))
  elseif status ~= expected then
    drive.fail(path, ('exit status %d instead of %d'):format(status, expected))
  else
    drive.pass(path)
  end
end

for _, name in ipairs(list 'good') do
  local path = 'tests/scripts/good/' .. name
  local status, printed = drive.run('check --strict ' .. path)
  if status == 0 and printed == path .. ': ok\n1 script checked: 0 errors, 0 warnings\n' then
    drive.pass(path)
  else
    drive.fail(path, printed)
  end
end

local function expect(name, words, status, needles)
  local got, printed, complained = drive.run(words)
  for _, needle in ipairs(needles) do
    if not (printed .. complained):find(needle, 1, true) then
      drive.fail(name, ('no "%s" in\n%s%s'):format(needle, printed, complained))
      return
    end
  end
  if got ~= status then
    drive.fail(name, ('exit status %d instead of %d'):format(got, status))
  else
    drive.pass(name)
  end
end

local shipped = '3 scripts checked: 0 errors, 0 warnings'
expect('shipped scripts', 'check --strict strategies/rsi.lua strategies/hyperrsi strategies/grid', 0, { 'strategies/grid: ok', shipped })
expect('by name', 'check rsi hyperrsi grid', 0, { shipped })
expect('warnings pass', 'check tests/scripts/bad/inexact.lua', 0, { '0 errors, 2 warnings' })
expect('unless strict', 'check tests/scripts/bad/inexact.lua --strict', 1, { '2 warnings' })
expect('an unknown script', 'check hyperrsy rsi', 1, { "did you mean 'hyperrsi'?", 'rsi.lua: ok' })
expect('a folder that is none', 'check tests/scripts/good', 1, { 'has no init.lua' })
expect('no script', 'check', 2, { 'usage: tradingboost check' })
expect('an unknown option', 'check rsi --strickt', 2, { 'no option --strickt' })
expect('json', 'check tests/scripts/bad/syntax.lua --json', 1, {
  '{"findings":[{"file":"tests/scripts/bad/syntax.lua","line":6,"level":"error","text":"',
  '"scripts":1,"errors":1,"warnings":0}',
})

drive.finish()
