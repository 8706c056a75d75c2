# Scripts that are saved while they trade, as a user does it: taken by the next event, refused with
# file and line, rolled back when they fault; kept over kill -9; saved while the run was down. With
# scripts in the process and in workers.
. "$(dirname "$0")/common.sh"

# wait_for FILE TEXT COUNT: until the file has so many lines with the text, at most a second after it
# was saved (the issue's figure), ten on a loaded machine.
wait_for() {
  local begin=${EPOCHREALTIME/./} now
  for _ in $(seq 500); do
    [ "$(grep -cF -- "$2" "$folder/$1")" -ge "$3" ] && break
    sleep 0.02
  done
  now=${EPOCHREALTIME/./}
  [ "$(grep -cF -- "$2" "$folder/$1")" -ge "$3" ] || {
    fail "$1 does not say $3 times: $2"
    grep -F '"msg":"edit"' "$folder/$1" | head
  }
  waited_ms=$(((now - begin) / 1000))
}

start() {
  (cd "$folder/work" && exec "$program" run --speed 600 --data-dir "$folder/data$1" --json) >>"$folder/log$1" 2>&1 &
  pid=$!
}

edits() {
  local mode=$1 script=$folder/work/strategies/count.lua
  export TRADINGBOOST_WORKERS=$mode
  mkdir -p "$folder/work"
  cp -r "$source/strategies" "$source/lua" "$source/config" "$folder/work"
  cat >"$script" <<'LUA'
local M = { api = 1, name = 'count', version = 1 }
M.params = { symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' }, timeframe = { type = 'timeframe', default = '1m' } }
function M:on_candle(c)
  self.state.n = (self.state.n or 0) + 1
  self:log('one %d', self.state.n)
end
return M
LUA
  cat >"$folder/work/config/demo.lua" <<'LUA'
return {
  feed = { file = 'demo/btcusdt-1m.csv.gz', symbol = 'BTC-USDT-SWAP', speed = 600 },
  log = { level = 'info' },
  activations = { { script = 'count' }, { script = 'hyperrsi', params = { timeframe = '5m' } } },
}
LUA
  : >"$folder/log$mode"
  start "$mode"
  wait_for "log$mode" '"msg":"one 3"' 1

  # taken: the next candle is the new version's, and the count goes on
  sed -i 's/one/two/' "$script"
  wait_for "log$mode" '"step":"taken"' 1
  echo "workers=$mode: taken after $waited_ms ms"
  [ $waited_ms -lt 1000 ] || echo "slow: $waited_ms ms, on a loaded machine"
  wait_for "log$mode" '"msg":"two ' 2

  # no Lua: refused with file and line, the old one counts on
  echo 'local x = {' >>"$script"
  wait_for "log$mode" '"step":"refused"' 1
  grep -F '"step":"refused"' "$folder/log$mode" | grep -q '"error":"count.lua:[0-9]*: .*"file":"count.lua"' || fail 'a refusal names no line'

  # a parameter that a new version does not take, and a new version whose migrate fails: refused
  sed -i '$d' "$script"
  sed -i "s/version = 1 }/version = 2 }\nfunction M.migrate(state, from) error('not so') end/" "$script"
  wait_for "log$mode" 'not so' 1

  # migrated: the state is what migrate made of it
  sed -i "s/error('not so')/state.n = state.n + 1000 return state/" "$script"
  wait_for "log$mode" '"step":"taken"' 2
  wait_for "log$mode" '"msg":"two 10' 1

  # faults at once: back to the version before, with its state
  sed -i "s/self:log('two/error('oops') self:log('three/" "$script"
  wait_for "log$mode" '"step":"rolled back"' 1
  grep -F '"step":"rolled back"' "$folder/log$mode" | grep -q 'oops' || fail 'a rollback says no reason'
  wait_for "log$mode" '"msg":"two 10' 5

  # a module of the library: every script that may require it is another version
  echo '-- changed' >>"$folder/work/lua/sizing.lua"
  wait_for "log$mode" '"activation":"hyperrsi","step":"taken"' 1

  # killed: what runs afterwards is what ran, and its count goes on; what was saved meanwhile is taken
  kill -9 $pid
  wait $pid 2>/dev/null
  sed -i "s/error('oops') self:log('three/self:log('four/" "$script"
  start "$mode"
  wait_for "log$mode" '"msg":"four 10' 2
  kill -TERM $pid
  wait $pid
  [ $? -eq 0 ] || fail 'it did not end in peace'
  # Every candle was counted once: the numbers of each version follow each other; what the killed
  # process showed and had not on its disk yet is counted again after the restart.
  grep -o '"msg":"\(\(one\|two\|four\) [0-9]*\|restart\)"' "$folder/log$mode" | tr -d '"' | awk '
    /restart/ { is_new = 1; next }
    { n = $2
      is_next = NR == 1 || n == last + 1 || n == last + 1001 || (is_new && n <= last)
      if (!is_next) { print "after " last " came " n; bad = 1 }
      last = n; is_new = 0 }
    END { exit bad }' || fail 'a candle was lost or handled twice'
  "$program" journal verify --data-dir "$folder/data$mode" >"$folder/out" 2>&1
  says out ': sound'
  rm -rf "$folder/work"
}

edits 0
edits 2
finish
