# Bars that closed while the run was down come flagged after a restart, nothing can be ordered on them,
# and on_ready comes after the last; the shipped strategies live through it, and the books add up.
. "$(dirname "$0")/common.sh"
mkdir "$folder/scripts"
cat >"$folder/scripts/watcher.lua" <<'LUA'
local M = { api = 1, name = 'watcher', version = 1 }
M.params = { symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' } }
function M:on_start() self:watch(self.params.symbol, '1m') end
function M:on_ready(why) self:log('ready %s', why) end
function M:on_candle(c)
  if not c.warmup then return end
  local id, code = self:buy(c.symbol, { quantity = 0.001, reason = 'late' })
  self:log('missed %s %s', tostring(id), tostring(code))
end
return M
LUA
cat >"$folder/config.lua" <<LUA
return {
  feed = { file = '$source/config/demo/btcusdt-1m.csv.gz', symbol = 'BTC-USDT-SWAP', speed = 6000, while_down = 'move_on' },
  activations = { { script = '$folder/scripts/watcher.lua' }, { script = 'hyperrsi', params = { timeframe = '5m' } }, { script = 'grid' } },
}
LUA

# begin: a run of that configuration; its process is $pid.
begin() {
  : >"$folder/out" # what the process before said is not this one's
  "$program" run --config "$folder/config.lua" --data-dir "$folder/data" --json >"$folder/out" 2>"$folder/err" &
  pid=$!
}

# wait_for TEXT: until the output has it, or the process is gone.
wait_for() {
  while kill -0 $pid 2>/dev/null && ! grep -q -- "$1" "$folder/out"; do sleep 0.05; done
  says out "$1"
}

begin
wait_for '"msg":"fill"'
kill -9 $pid
wait $pid 2>/dev/null
grep -q 'missed' "$folder/out" && fail 'a first start misses nothing'
sleep 0.4 # the market moves on for 40 minutes
begin
wait_for 'bars closed while it was down'
missed=$(grep -o '[0-9]* bars closed while it was down' "$folder/out" | cut -d ' ' -f 1)
wait_for 'ready restarted'
sleep 0.2
kill -INT $pid
wait $pid || fail "it ended with $?: $(tail -2 "$folder/err")"
[ "$missed" -ge 30 ] || fail "only $missed bars were missed"
heard=$(grep -c 'missed nil warmup' "$folder/out")
[ "$heard" = "$missed" ] || fail "$missed bars were missed, $heard came flagged: $(grep -m 3 'missed' "$folder/out")"
# on_ready after the last of them
awk '/missed nil/ { if (ready) late = 1 } /ready restarted/ { ready = 1 } END { exit late }' "$folder/out" ||
  fail 'a missed bar came after on_ready'
grep -q '"faults":[1-9]' "$folder/out" && fail "a strategy faulted: $(grep -m 1 '"msg":"fault"' "$folder/out")"

"$program" journal verify --data-dir "$folder/data" >"$folder/verified"
says verified 'sound'
"$program" journal print --data-dir "$folder/data" >"$folder/journal"
luajit tests/integration/verify_journal.lua "$folder/out" "$(grep -c '^[0-9]* [0-9]* [0-9]* bar ' "$folder/journal")" \
  <"$folder/journal" || fail 'the journal and the end differ'
finish
