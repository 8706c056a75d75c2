-- bench: the speed table of the README: CPU time, median of seven, ratios within this one run.
-- What a disk has to do with lies in BUILD_FOLDER/bench.data while it is measured.
-- usage: luajit bench.lua PROGRAM SOURCE_FOLDER BENCHES_FOLDER BUILD_FOLDER
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'

local runs = tonumber(os.getenv('BENCH_RUNS') or '7')
local program, source, benches, build = arg[1], drive.source, arg[3], arg[4]
local loop, call, worker = benches .. '/bench_loop', benches .. '/bench_call', benches .. '/bench_worker'
local json_file = build .. '/bench.json'
local rows, json, unmeasured = {}, {}, {}

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

--- A row that cannot be had here: neither held nor missed, and said aloud.
local function no_row(what, why)
  unmeasured[#unmeasured + 1] = ('%s: %s'):format(what, why)
  json[#json + 1] = ('{"what":"%s","value":null,"holds":null}'):format(what)
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
  no_row('the year: a plain C loop, rsi, hyperrsi, grid', data .. ' is not here')
end

local raw, guarded, added = {}, {}, {}
for i = 1, runs do
  local text = shell(call)
  raw[i], guarded[i] = field(text, 'raw_ns'), field(text, 'guarded_ns')
  added[i] = guarded[i] - raw[i]
end
row('raw lua_pcall of a handler', ('%.1f'):format(median(raw)), 'ns', '', true)
row('guarded call over it', ('%.1f'):format(median(added)), 'ns more', 'at most 40', median(added) <= 40)

-- Orders, HTTP, the start. `fields` of several runs, each its median.
local function several(count, command, ...)
  local values = {}
  for i = 1, count do
    local folder = build .. '/bench.data'
    os.execute('rm -rf ' .. folder)
    local text = shell(command:format(folder))
    for _, name in ipairs { ... } do
      values[name] = values[name] or {}
      values[name][i] = field(text, name)
    end
    os.execute('rm -rf ' .. folder)
  end
  for name, list in pairs(values) do values[name] = median(list) end
  return values
end

local o = several(3, benches .. '/bench_engine %s', 'person_us', 'script_us', 'person_crowd_us', 'script_crowd_us')
local crowd = math.max(o.person_crowd_us, o.script_crowd_us)
row('order by a person: checks, books, record in memory', ('%.2f'):format(o.person_us), 'us', 'at most 10', o.person_us <= 10)
row('order by a script, from its event', ('%.2f'):format(o.script_us), 'us', 'at most 10', o.script_us <= 10)
row('the slower of them beside 1,000 activations', ('%.2f'):format(crowd), 'us', 'at most 10', crowd <= 10)

local run = ('%s/bench_run %s %s %%s '):format(benches, program, source)
local d = several(3, run .. 'order', 'order_p50_us', 'order_p99_us', 'raw_p50_us', 'raw_p99_us', 'order_ratio')
row(('durable order over HTTP / fdatasync, p50 (p99 %.1f / %.1f ms)'):format(d.order_p99_us / 1e3, d.raw_p99_us / 1e3),
  ('%.2f'):format(d.order_ratio), 'times', 'at most 3', d.order_ratio <= 3)
row('  that order, and that fdatasync', ('%.0f, %.0f'):format(d.order_p50_us, d.raw_p50_us), 'us', '', true)
local a = several(5, run .. 'activate', 'activate_us')
row('POST activate until its 201, CPU of the core', ('%.0f'):format(a.activate_us), 'us', 'at most 120', a.activate_us <= 120)
local s = several(1, run .. 'start', 'start_s', 'start_cpu_s', 'start_records')
row(('run until /ready, 1,000 activations, %d,000 records (CPU %.2f s)'):format(s.start_records / 1000, s.start_cpu_s),
  ('%.2f'):format(s.start_s), 's',
  'at most 3', s.start_s <= 3 and s.start_records >= 100000)
local j = several(3, benches .. '/bench_journal %s', 'append_ns', 'group_records_per_second', 'read_records_per_second')
row('journal, append of 256 bytes', ('%.0f'):format(j.append_ns), 'ns', '', true)
row('journal, durable in groups', ('%.2f'):format(j.group_records_per_second / 1e6), 'M records/s', '', true)
row('journal, read', ('%.1f'):format(j.read_records_per_second / 1e6), 'M records/s', '', true)

local web = shell(('bash %s/tests/bench/bench_http.sh %s %s'):format(source, program, source))
if web:find('skipped:', 1, true) then
  no_row('GET status, CPU a request beside nginx', web:match('skipped: ([^\n]*)'))
else
  local ratio = field(web, 'status_ratio')
  row(('GET status / nginx return 200, CPU (%.1f / %.1f us)'):format(field(web, 'status_us'), field(web, 'nginx_us')),
    ('%.2f'):format(ratio), 'times', 'at most 2', ratio <= 2)
end

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

local colds, helps = {}, {}
for i = 1, runs do
  colds[i] = wall_of(('cd %s && %s backtest hyperrsi --data config/demo/btcusdt-1m.csv.gz --timeframe 5m'):format(source, program))
  helps[i] = wall_of(program .. ' -h')
end
row('fresh backtest hyperrsi, demo week, wall', ('%.3f'):format(median(colds)), 's', 'at most 0.5', median(colds) <= 0.5)
row('tradingboost -h, wall', ('%.3f'):format(median(helps)), 's', 'at most 0.1', median(helps) <= 0.1)

local width = 0
for _, r in ipairs(rows) do width = math.max(width, #r[1]) end
local line = ('%%-%ds %%10s  %%-11s %%-14s %%s'):format(width)
print('\n' .. line:format('what', 'median', 'unit', 'goal', ''))
local failed = 0
for _, r in ipairs(rows) do
  print(line:format(r[1], r[2], r[3], r[4], r[5] and '' or 'MISSED'))
  if not r[5] then failed = failed + 1 end
end
for _, text in ipairs(unmeasured) do print('NOT MEASURED ' .. text) end
print(('\n%d rows, %d missed, %d not measured; median of %d runs, fewer where a run repeats by itself; %s'):format(
  #rows, failed, #unmeasured, runs, shell('nproc'):gsub('%s+$', '') .. ' cores'))
local f = assert(io.open(json_file, 'w'))
f:write('{"runs":', runs, ',"rows":[', table.concat(json, ','), ']}\n')
f:close()
print('as JSON: ' .. json_file)
os.exit(failed == 0 and 0 or 1)
