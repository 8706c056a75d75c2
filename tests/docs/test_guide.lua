-- The documents say what is so: every command of the guides and the README is run in a copy of the
-- tree, what they show is printed, and links, files and options that they name exist.
--
-- ```lua with a first line `-- PATH` is a file: a guide writes it, the README shows one that ships.
-- ```sh is run line by line; a line that ends in `# fails` must fail. Nothing is built: of `make` the
-- target must exist, and `make run` is the demo without its pace. ```text is what the block before it
-- printed: each of its lines, in this order, somewhere in a line; `...` is what was left out.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'

local program = '/build/release/tradingboost'

local function shell(command)
  local p = io.popen(command .. '; status=$?; echo; echo "status $status"')
  local text = p:read('*a')
  p:close()
  return text
end

local function lines_of(text)
  local lines = {}
  for line in (text .. '\n'):gmatch('([^\n]*)\n') do lines[#lines + 1] = line end
  return lines
end

--- The fenced blocks of a page: language, text, line of the page.
local function blocks_of(text)
  local blocks, open = {}, nil
  for number, line in ipairs(lines_of(text)) do
    local language = line:match('^```(%a*)')
    if open and line == '```' then
      blocks[#blocks + 1] = open
      open = nil
    elseif open then
      open.lines[#open.lines + 1] = line
    elseif language then
      open = { language = language, lines = {}, line = number }
    end
  end
  return blocks, open
end

--- A copy of what a user's checkout has, with the program where `make` puts it.
local function tree_make()
  local folder = os.tmpname()
  os.remove(folder)
  local made = os.execute(('mkdir -p %s/build/release && cd %s && cp -r strategies lua config Makefile %s && cp %s %s%s')
    :format(folder, drive.source, folder, arg[1], folder, program))
  assert(made == 0 or made == true, 'no copy of the tree')
  return folder
end

local tree = tree_make()

--- The makefile has the target of a `make` line.
local function has_target(line)
  local target = line:match('^make%s+([%w-]+)') or 'all'
  return ('\n' .. drive.read(tree .. '/Makefile')):find('\n' .. target .. ':', 1, true) ~= nil
end

--- Runs one line of a block; what it printed, and a complaint.
local function line_run(line)
  local fails = line:match('#%s*fails%s*$') ~= nil
  if line:match('^make') then
    if not has_target(line) then return '', 'there is no target for: ' .. line end
    if line ~= 'make run' then return '' end
    line = 'TRADINGBOOST_LOG_FORMAT=readable ' .. program:sub(2) .. ' run --until-end' -- the demo, without its pace
  end
  local script = tree .. '/line.sh'
  local f = assert(io.open(script, 'w'))
  f:write(line, '\n')
  f:close()
  local printed = shell(('cd %s && unset TRADINGBOOST_LOG_FORMAT; bash line.sh </dev/null 2>&1'):format(tree))
  local status = tonumber(printed:match('status (%d+)%s*$'))
  os.remove(script)
  if (status ~= 0) ~= fails then
    return printed, ('`%s` ended with %d\n%s'):format(line, status, printed)
  end
  return printed
end

local function trim(text)
  return text:match('^%s*(.-)%s*$')
end

--- The first line of `wanted` that is not in what was printed, after those before it.
local function first_missing(wanted, printed)
  local at = 1
  for _, line in ipairs(wanted) do
    if trim(line) ~= '' and trim(line) ~= '...' then
      local _, to = printed:find(trim(line), at, true)
      if not to then return line end
      at = to + 1
    end
  end
end

local function file_write(block)
  local path = block.lines[1]:match('^%-%- (%S+%.lua)$')
  if not path then return end
  local f = assert(io.open(tree .. '/' .. path, 'w'))
  f:write(table.concat(block.lines, '\n'), '\n')
  f:close()
end

--- A block that shows a file of the tree, below a first line `-- PATH`, equals it.
local function file_compare(block)
  local path = block.lines[1]:match('^%-%- (%S+%.lua)$')
  if not path then return end
  local shown = table.concat(block.lines, '\n', 2) .. '\n'
  if drive.read(drive.source .. '/' .. path) ~= shown then return path .. ' is shown otherwise than it is' end
end

local function page_run(page, on_lua)
  local text = drive.read(drive.source .. '/' .. page)
  local blocks, open = blocks_of(text)
  if open then return drive.fail(page, 'a block that begins at line ' .. open.line .. ' has no end') end
  local printed, commands = '', 0
  for _, block in ipairs(blocks) do
    local name = ('%s:%d'):format(page, block.line)
    local problem
    if block.language == 'lua' then
      problem = on_lua(block)
    elseif block.language == 'sh' then
      printed = ''
      for _, line in ipairs(block.lines) do
        if trim(line) ~= '' and not problem then
          local said, complaint = line_run(line)
          printed, problem, commands = printed .. said, complaint, commands + 1
        end
      end
    elseif block.language == 'text' then
      local missing = first_missing(block.lines, printed)
      problem = missing and ('it does not print\n  %s\nbut\n%s'):format(missing, printed:sub(1, 4000))
    end
    if problem then return drive.fail(name, problem) end
  end
  if commands == 0 then return drive.fail(page, 'it has no command') end
  drive.pass(('%s: %d commands'):format(page, commands))
end

local function markdown_files()
  local files = {}
  local p = io.popen(('cd %s && find . -name "*.md" ! -path "./build/*" ! -path "./.git/*" | sort'):format(drive.source))
  for line in p:lines() do files[#files + 1] = line:sub(3) end
  p:close()
  return files
end

--- The anchors of a page's headings, as the sites that show it make them.
local function anchors_of(text)
  local anchors = {}
  for _, line in ipairs(lines_of(text)) do
    local heading = line:match('^#+%s+(.+)$')
    if heading then
      anchors[(heading:lower():gsub('[^%w%s_-]', ''):gsub('%s', '-'))] = true
    end
  end
  return anchors
end

local function without_code(text)
  return (text:gsub('\n```.-\n```', '\n'):gsub('`[^`\n]*`', ''))
end

local function link_problem(page, target)
  local path, anchor = target:match('^([^#]*)#?(.*)$')
  local folder = page:match('^(.*/)') or ''
  local full = drive.source .. '/' .. (path == '' and page or folder .. path)
  if not drive.exists(full) then return ('%s links to %s, which is not there'):format(page, target) end
  if anchor ~= '' and full:match('%.md$') and not anchors_of(drive.read(full))[anchor] then
    return ('%s links to %s, which has no such heading'):format(page, target)
  end
end

local function links_check()
  local problems, count = {}, 0
  for _, page in ipairs(markdown_files()) do
    for target in without_code(drive.read(drive.source .. '/' .. page)):gmatch('%]%(([^)%s]+)%)') do
      if not target:match('^%a+:') then
        count = count + 1
        problems[#problems + 1] = link_problem(page, target)
      end
    end
  end
  if #problems > 0 then return drive.fail('links', table.concat(problems, '\n')) end
  drive.pass(('links: %d'):format(count))
end

--- Every file in backquotes that looks like one of the tree's is there.
local function named_files_check(page)
  local roots = '^(%a+)/'
  local top = { runtime = true, lua = true, strategies = true, config = true, tests = true, docs = true }
  local problems, count = {}, 0
  local text = drive.read(drive.source .. '/' .. page):gsub('\n```.-\n```', '\n')
  for name in text:gmatch('`([%w_./-]+)`') do
    if top[name:match(roots) or ''] then
      count = count + 1
      if not drive.exists(drive.source .. '/' .. name) and not drive.exists(tree .. '/' .. name) then
        problems[#problems + 1] = name
      end
    end
  end
  if #problems > 0 then return drive.fail(page, 'names what is not there: ' .. table.concat(problems, ' ')) end
  drive.pass(('%s: %d files named'):format(page, count))
end

--- Every command and option of the program that a page writes, in blocks or in the text, exists.
local function options_check(page)
  local text, problems, helps, count = drive.read(drive.source .. '/' .. page), {}, {}, 0
  for command, rest in text:gmatch('tradingboost (%l+)([^`\n#]*)') do
    if helps[command] == nil then
      local status, help = drive.run(command .. ' --help')
      helps[command] = status == 0 and help or false
    end
    count = count + 1
    if not helps[command] then
      problems[#problems + 1] = 'there is no command ' .. command
    else
      for option in rest:gmatch('%-%-[%l-]+') do
        if not helps[command]:find(option .. ' ', 1, true) then problems[#problems + 1] = command .. ' has no ' .. option end
      end
    end
  end
  if #problems > 0 then return drive.fail(page, table.concat(problems, '\n')) end
  drive.pass(('%s: options of %d commands'):format(page, count))
end

page_run('docs/guide/first-strategy.md', file_write)
page_run('README.md', file_compare)
for _, page in ipairs { 'README.md', 'docs/guide/first-strategy.md', 'docs/ARCHITECTURE.md' } do
  named_files_check(page)
  options_check(page)
end
links_check()

os.execute('rm -rf ' .. tree)
drive.finish()
