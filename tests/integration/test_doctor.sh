# What the doctor says of this machine, of bad data directories and ports, and that nothing stays.
. "$(dirname "$0")/common.sh"
# Below the ports that a system gives out by itself; 8000 may be somebody's.
export TRADINGBOOST_GATEWAY_PORT=$((20000 + $$ % 10000))

mkdir "$folder/data"
run 0 doctor --data-dir "$folder/data"
says out 'data directory'
says out "$TRADINGBOOST_GATEWAY_PORT: free"
says out ', 0 fail'
for check in 'open files' memory 'system call filter' 'clock kept' 'disk space' 'disk sync' luajit 'shipped files'; do
  grep -Eq "^(ok|warn) +$check " "$folder/out" || fail "no line of the check '$check'"
done
[ -z "$(ls -A "$folder/data")" ] || fail "it left $(ls -A "$folder/data") behind"

run 0 doctor --data-dir "$folder/not/yet"
says out "$folder/not/yet: is made at the first start"
[ -e "$folder/not" ] && fail "it made the data directory"

run 0 doctor --data-dir "$folder/data" --json
[ "$(wc -l <"$folder/out")" -eq 1 ] || fail "the JSON is not a line"
says out '{"checks":[{"name":"processors","state":"'
says out '"fail":0}'

# A configuration's own folder and port; what is wrong in it is told.
port=$TRADINGBOOST_GATEWAY_PORT
unset TRADINGBOOST_GATEWAY_PORT
mkdir "$folder/kept"
printf "return { data_dir = 'kept', gateway = { port = %d, address = '127.0.0.3' }, feed = { file = 'f.csv' }, activations = { { script = 'grid' } } }" \
  $((port + 1)) >"$folder/my.lua"
(
  unset TRADINGBOOST_DATA_DIR
  run 0 doctor --config "$folder/my.lua"
  says out "$folder/kept"
  says out "$((port + 1)): free"
  run 0 doctor --config "$folder/my.lua" --data-dir "$folder/data"
  says out "$folder/data"
  exit $failures
) || failures=$((failures + 1))
sed 's/gateway/gatewai/' "$folder/my.lua" >"$folder/bad.lua"
run 2 doctor --config "$folder/bad.lua"
says err "did you mean 'gateway'?"
run 2 doctor --config "$folder/none.lua"
export TRADINGBOOST_GATEWAY_PORT=$port

TRADINGBOOST_DATA_DIR=$folder/out run 1 doctor
says out "fail  data directory      $folder/out:"
says out 'name another with --data-dir'
run 1 doctor --data-dir "$folder/out" --json
says out '"state":"fail"'
TRADINGBOOST_GATEWAY_PORT=none run 1 doctor --data-dir "$folder/data"
says out 'TRADINGBOOST_GATEWAY_PORT=none is no port'
says out 'from 1 to 65535'

# Another process has it: a word of warning.
(
  exec 9>"$folder/data/lock"
  flock 9
  echo 12345 >&9
  run 0 doctor --data-dir "$folder/data"
  says out 'in use by process 12345'
  exit $failures
) || failures=$((failures + 1))

(ulimit -n 200 && run 1 doctor --data-dir "$folder/data" && says out 'fail  open files' && exit $failures) ||
  failures=$((failures + 1))
"$program" doctor >/dev/full 2>"$folder/err"
[ $? -eq 1 ] || fail "a result that cannot be written is no failure"
says err 'cannot be written'
run 2 doctor surplus
finish
