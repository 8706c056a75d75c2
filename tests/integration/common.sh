# Sourced by the tests: $program, $source, a folder that goes away, and checks that say what failed.
set -uo pipefail
program=$1
source=$2
folder=$(mktemp -d)
# Runs of the tests keep nothing and listen nowhere unless one says so.
export TRADINGBOOST_DATA_DIR= TRADINGBOOST_GATEWAY_PORT=0
trap 'rm -rf "$folder"' EXIT
cd "$source" || exit 1
failures=0
demo=$source/config/demo/btcusdt-1m.csv.gz

fail() {
  echo "FAIL: $*"
  failures=$((failures + 1))
}

# run STATUS WORDS...: the program's output is in $folder/out and $folder/err. Status "not0": any
# other than 0.
run() {
  local wanted=$1
  shift
  "$program" "$@" >"$folder/out" 2>"$folder/err"
  local status=$?
  [ "$wanted" = not0 ] && [ $status -ne 0 ] && wanted=$status
  if [ $status != "$wanted" ]; then
    fail "tradingboost $* ended with $status, not $wanted"
    cat "$folder/err"
  fi
}

# says FILE TEXT: the file (out or err) has a line with that text.
says() {
  grep -qF -- "$2" "$folder/$1" || {
    fail "$1 does not say: $2"
    head -20 "$folder/$1"
  }
}

finish() {
  [ $failures -eq 0 ] && echo "ok"
  exit $((failures > 0))
}
