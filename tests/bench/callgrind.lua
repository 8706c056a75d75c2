-- callgrind: instructions of two backtests on the demo week against the counts that are kept beside
-- this file; more than 3 % above them fails. Counted from main on: what the loader does before it is a
-- matter of the libraries' versions. `luajit callgrind.lua PROGRAM SOURCE_FOLDER --update` keeps new ones.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'

local kept_file = drive.source .. '/tests/bench/instructions.txt'
local cases = {
  { 'rsi', 'backtest rsi --data config/demo/btcusdt-1m.csv.gz --timeframe 1m --quiet --json' },
  { 'hyperrsi', 'backtest hyperrsi --data config/demo/btcusdt-1m.csv.gz --timeframe 5m --quiet --json' },
}

if os.execute('command -v valgrind >/dev/null 2>&1') ~= 0 then
  drive.fail('callgrind', 'valgrind is not installed; make test installs it')
  drive.finish()
end

local function instructions(words)
  local out = drive.temporary('.callgrind')
  local log = drive.temporary('.log')
  local status = os.execute(('cd %s && valgrind --tool=callgrind --toggle-collect=main --callgrind-out-file=%s %s %s >/dev/null 2>%s')
    :format(drive.source, out, arg[1], words, log))
  local text = drive.read(log)
  os.remove(out)
  os.remove(log)
  if status ~= 0 then return nil, text end
  return tonumber((text:match('Collected : (%d+)')))
end

local kept = {}
if drive.exists(kept_file) then
  for name, count in drive.read(kept_file):gmatch('(%w+) (%d+)') do kept[name] = tonumber(count) end
end

local lines = {}
for _, case in ipairs(cases) do
  local name, words = case[1], case[2]
  local count, why = instructions(words)
  if not count then
    drive.fail(name, why)
  elseif arg[3] == '--update' then
    lines[#lines + 1] = ('%s %d'):format(name, count)
    drive.pass(('%s %d instructions kept'):format(name, count))
  elseif not kept[name] then
    drive.fail(name, 'no count is kept; run with --update')
  else
    local change = (count / kept[name] - 1) * 100
    local text = ('%s %d instructions, %+.2f %% of the kept %d'):format(name, count, change, kept[name])
    if change > 3 then drive.fail(name, text) else drive.pass(text) end
  end
end

if arg[3] == '--update' and drive.failed == 0 then
  local f = assert(io.open(kept_file, 'w'))
  f:write(table.concat(lines, '\n'), '\n')
  f:close()
end
drive.finish()
