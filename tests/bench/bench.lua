-- bench: the speed table of the README: CPU time, median of seven, ratios within this one run.
-- usage: luajit bench.lua PROGRAM SOURCE_FOLDER LOOP CALL WORKER [JSON_FILE]
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'

local runs = tonumber(os.getenv('BENCH_RUNS') or '7')
local loop, call, worker, json_file = arg[3], arg[4], arg[5], arg[6]
local rows, json = {}, {}

local function median(values)
  table.sort(values)
  return values[math.floor(#values / 2) + 1]
end

local function shell(command)
  local p = io.popen(command .. ' 2>&1')
  local text = p:read('*a')
  p:close()
  return text
end

local function wall_of(command)
  local text = shell(("bash -c 'TIMEFORMAT=%%R; time (%s >/dev/null 2>&1)'"):format(command))
  return assert(tonumber(text:match('([%d.]+)%s*$')), text)
end

local function row(what, value, unit, goal, holds)
  rows[#rows + 1] = { what, value, unit, goal, holds }
  json[#json + 1] = ('{"what":"%s","value":%s,"unit":"%s","goal":"%s","holds":%s}'):format(what, value, unit, goal, tostring(holds))
end

local function field(text, name)
  return assert(tonumber(text:match('"' .. name .. '":([%d.eE+-]+)')), 'no ' .. name .. ' in: ' .. text:sub(1, 300))
end

--- Median bars a second of a backtest, by its own CPU seconds.
local function backtest(words)
  local values = {}
  for i = 1, runs do
    local status, printed, complained = drive.run('backtest ' .. words .. ' --json --quiet')
    assert(status == 0, complained)
    values[i] = field(printed, 'bars_per_second')
  end
  return median(values)
end

local rsi = 'rsi --data %s --timeframe 1m --slippage 0 --tick 0.01 --lot 0.00000001 --min 0.00000001 --balance 1000000'
local data = drive.data.year
if drive.exists(data) then
  local loops, ratios, speeds = {}, {}, {}
  for i = 1, runs do -- in pairs, so that a drifting machine moves both
    loops[i] = field(shell(('%s %s'):format(loop, data)), 'bars_per_second')
    local status, printed, complained = drive.run('backtest ' .. rsi:format(data) .. ' --json --quiet')
    assert(status == 0, complained)
    speeds[i] = field(printed, 'bars_per_second')
    ratios[i] = loops[i] / speeds[i]
  end
  local speed, ratio = median(speeds), median(ratios)
  row('plain C loop of the RSI strategy, year', ('%.1f'):format(median(loops) / 1e6), 'M bars/s', '', true)
  row('backtest rsi 1m, year, full order model', ('%.2f'):format(speed / 1e6), 'M bars/s', 'at least 2.5', speed >= 2.5e6)
  row('plain C loop over backtest rsi', ('%.1f'):format(ratio), 'times', 'at most 65', ratio <= 65)
  local h = backtest(('hyperrsi --data %s --timeframe 5m'):format(data))
  row('backtest hyperrsi 5m, year, one-minute bars', ('%.2f'):format(h / 1e6), 'M bars/s', 'at least 0.7', h >= 0.7e6)
  local g = backtest(('grid --data %s'):format(data))
  row('backtest grid, year, one-minute bars', ('%.2f'):format(g / 1e6), 'M bars/s', 'at least 0.2', g >= 0.2e6)
else
  print('SKIP the year: ' .. data .. ' is not here')
end

local raw, guarded, added = {}, {}, {}
for i = 1, runs do
  local text = shell(call)
  raw[i], guarded[i] = field(text, 'raw_ns'), field(text, 'guarded_ns')
  added[i] = guarded[i] - raw[i]
end
row('raw lua_pcall of a handler', ('%.1f'):format(median(raw)), 'ns', '', true)
row('guarded call over it', ('%.1f'):format(median(added)), 'ns more', 'at most 40', median(added) <= 40)

-- Script workers: real processes, a pause before each burst, so that nothing of it is in a cache.
local w = shell(('%s %s'):format(worker, drive.source))
local function worker_row(what, name, format, unit, goal, most)
  local value = field(w, name)
  row(what, format:format(value), unit, goal, value <= most)
end
worker_row('candle to 1,000 hyperrsi in workers, all done', 'candle_1000_p50_ms', '%.2f', 'ms', 'at most 3', 3)
worker_row('candle to 10,000 hyperrsi in workers, all done', 'candle_10000_p50_ms', '%.1f', 'ms', 'at most 20', 20)
worker_row('memory of 10,000 in workers, core included', 'candle_10000_memory_mib', '%.0f', 'MiB', 'at most 2048', 2048)
worker_row('event to a handler in a worker and back', 'echo_p50_us', '%.0f', 'us', 'at most 150', 150)
worker_row('1,000 activations rebuilt after a worker died', 'rebuild_ms', '%.0f', 'ms', 'at most 1000', 1000)
local alone = field(w, 'hostile_0_p99_ms')
for _, bad in ipairs { 1, 10, 100 } do
  local more = field(w, ('hostile_%d_p99_ms'):format(bad)) - alone
  row(('answers p99 beside %d hostile of 1,000'):format(bad), ('%+.2f'):format(more), 'ms more', 'at most 1', more <= 1)
end

local program, source = arg[1], drive.source
local colds, helps = {}, {}
for i = 1, runs do
  colds[i] = wall_of(('cd %s && %s backtest hyperrsi --data config/demo/btcusdt-1m.csv.gz --timeframe 5m'):format(source, program))
  helps[i] = wall_of(program .. ' -h')
end
row('fresh backtest hyperrsi, demo week, wall', ('%.3f'):format(median(colds)), 's', 'at most 0.5', median(colds) <= 0.5)
row('tradingboost -h, wall', ('%.3f'):format(median(helps)), 's', 'at most 0.1', median(helps) <= 0.1)

print(('\n%-46s %10s %-10s %-14s'):format('what', 'median', 'unit', 'goal'))
local failed = 0
for _, r in ipairs(rows) do
  print(('%-46s %10s %-10s %-14s %s'):format(r[1], r[2], r[3], r[4], r[5] and '' or 'MISSED'))
  if not r[5] then failed = failed + 1 end
end
print(('\nmedian of %d runs; %s'):format(runs, shell('nproc'):gsub('%s+$', '') .. ' cores'))
if json_file then
  local f = assert(io.open(json_file, 'w'))
  f:write('{"runs":', runs, ',"rows":[', table.concat(json, ','), ']}\n')
  f:close()
  print('as JSON: ' .. json_file)
end
os.exit(failed == 0 and 0 or 1)
