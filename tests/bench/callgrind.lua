-- callgrind: instructions against the counts that are kept beside this file; more than 3 % above them
-- fails. Two backtests on the demo week, from main on: what the loader does before it is a matter of the
-- libraries' versions. An order by a person and by a script, from the asking to its record. A GET of an
-- activation's status, from the bytes of the request to those of the answer.
-- `luajit callgrind.lua PROGRAM SOURCE_FOLDER BENCH_ENGINE GATEWAY_SERVER [--update]` keeps new ones.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'

local program, engine, server = arg[1], arg[3], arg[4]
local kept_file = drive.source .. '/tests/bench/instructions.txt'
local ORDERS = 50 * 32 -- that bench_engine places

if os.execute('command -v valgrind >/dev/null 2>&1') ~= 0 then
  drive.fail('callgrind', 'valgrind is not installed; make test installs it')
  drive.finish()
end

--- What was collected within the functions of that name, by commands of bash that run
--- $valgrind PROGRAM and have no single quotes.
local function collected(within, commands)
  local log, out = drive.temporary('.log'), drive.temporary('.callgrind')
  local valgrind = ("valgrind --tool=callgrind --toggle-collect=%s --callgrind-out-file=%s --log-file=%s")
    :format(within, out, log)
  local status = os.execute(('cd %s && valgrind="%s" bash -c \'%s\' >/dev/null 2>>%s'):format(
    drive.source, valgrind, commands, log))
  local text = drive.read(log)
  os.remove(log)
  os.remove(out)
  local count = status == 0 and tonumber((text:match('Collected : (%d+)')))
  if not count or count == 0 then return nil, text end
  return count
end

local function backtest(words)
  return collected('main', ('$valgrind %s backtest %s --data config/demo/btcusdt-1m.csv.gz --quiet --json'):format(program, words))
end

local function order(who)
  local count, why = collected('orders_by_' .. who .. '*', ('folder=$(mktemp -d) && $valgrind %s $folder/data %s; status=$?;'
    .. ' rm -rf $folder; exit $status'):format(engine, who))
  return count and math.floor(count / ORDERS + 0.5), why
end

-- A server, an activation, and that many requests on one connection.
local statuses = [[
folder=$(mktemp -d)
mkfifo $folder/in
$valgrind SERVER $folder PROGRAM <$folder/in >$folder/out &
exec 5>$folder/in
for i in $(seq 600); do grep -q port $folder/out && break; sleep 0.1; done
base=http://127.0.0.1:$(sed -n "s/port //p" $folder/out)
token="Authorization: Bearer $(cat $folder/admin.token)"
curl -sf -o /dev/null -H "$token" -H "Content-Type: application/json" $base/api/strategy/grid/activate \
  -d "{\"user_id\":\"demo\",\"exchange\":\"paper\",\"symbol\":\"BTC-USDT-SWAP\",\"mode\":\"paper\"}"
failed=$?
for i in $(seq COUNT); do urls="$urls -o /dev/null $base/api/strategy/grid/status/demo"; done
curl -sf -H "$token" $urls || failed=1
exec 5>&-
wait
rm -rf $folder
exit $failed]]

--- Of one request: what a hundred more take, so that the activation before them is no part of it.
local function status()
  local few, many, why
  local text = statuses:gsub('SERVER', server):gsub('PROGRAM', program)
  few, why = collected('on_read', (text:gsub('COUNT', '100')))
  if not few then return nil, why end
  many, why = collected('on_read', (text:gsub('COUNT', '200')))
  return many and math.floor((many - few) / 100 + 0.5), why
end

local cases = {
  { 'rsi', backtest, 'rsi --timeframe 1m' },
  { 'hyperrsi', backtest, 'hyperrsi --timeframe 5m' },
  { 'order_person', order, 'person' },
  { 'order_script', order, 'script' },
  { 'status', status },
}

local kept = {}
if drive.exists(kept_file) then
  for name, count in drive.read(kept_file):gmatch('([%w_]+) (%d+)') do kept[name] = tonumber(count) end
end

local lines = {}
for _, case in ipairs(cases) do
  local name = case[1]
  local count, why = case[2](case[3])
  if not count then
    drive.fail(name, why)
  elseif arg[5] == '--update' then
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

if arg[5] == '--update' and drive.failed == 0 then
  local f = assert(io.open(kept_file, 'w'))
  f:write(table.concat(lines, '\n'), '\n')
  f:close()
end
drive.finish()
