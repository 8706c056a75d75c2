-- drive: what the tests that run the program have in common: running it, reading CSV, telling
-- what failed and what was skipped, and ending with a status that ctest understands.
local M = { passed = 0, failed = 0, skipped = 0 }

local binary = assert(arg[1], 'usage: luajit TEST.lua PROGRAM SOURCE_FOLDER')
local source = assert(arg[2], 'usage: luajit TEST.lua PROGRAM SOURCE_FOLDER')
M.source = source

function M.exists(path)
  local f = io.open(path, 'rb')
  if f then f:close() end
  return f ~= nil
end

function M.read(path)
  local f = assert(io.open(path, 'rb'))
  local text = f:read('*a')
  f:close()
  return text
end

function M.temporary(suffix)
  return os.tmpname() .. suffix
end

--- Runs the program with its words, in that environment; returns its exit status, what it printed,
--- what it complained.
function M.run(words, environment)
  local out, err = M.temporary('.out'), M.temporary('.err')
  local command = ('cd %s && %s %s %s >%s 2>%s'):format(source, environment or '', binary, words, out, err)
  local status = os.execute(command)
  if status == true then status = 0 end
  if type(status) == 'number' and status > 255 then status = math.floor(status / 256) end
  local printed, complained = M.read(out), M.read(err)
  os.remove(out)
  os.remove(err)
  return status, printed, complained
end

function M.pass(name)
  M.passed = M.passed + 1
  print('ok   ' .. name)
end

function M.fail(name, why)
  M.failed = M.failed + 1
  print('FAIL ' .. name .. ': ' .. why)
end

function M.skip(name, why)
  M.skipped = M.skipped + 1
  print('SKIP ' .. name .. ': ' .. why)
end

function M.finish()
  print(('%d passed, %d failed, %d skipped'):format(M.passed, M.failed, M.skipped))
  os.exit(M.failed == 0 and M.passed > 0 and 0 or 1)
end

--- The lines of a CSV as tables of its header's names, with the line itself in `line`.
function M.rows(text)
  local names, rows = nil, {}
  for line in text:gmatch('[^\n]+') do
    local fields = {}
    for field in (line .. ','):gmatch('([^,]*),') do fields[#fields + 1] = field end
    if not names then
      names = fields
    else
      local row = { line = line }
      for i, name in ipairs(names) do row[name] = fields[i] end
      rows[#rows + 1] = row
    end
  end
  return rows
end

local week = source .. '/config/demo/btcusdt-1m.csv.gz'
local month = source .. '/../shared/data/candles/btcperp-1m-2022-01.csv.gz'
local year = source .. '/../shared/data/candles/bitfinex-btcusd-1m-2015.csv.gz'
M.data = { week = week, perp = month, year = year }

return M
