#!/usr/bin/env bash
# kill -9 at random moments and start again: no bar is played twice or left out, no order is lost or doubled,
# and the fills that are kept sum up to what the account holds in the end.
# usage: test_restart.sh PROGRAM SOURCE_FOLDER [KILLS]
set -euo pipefail
program=$1
source=$2
kills=${3:-10}
seed=${RESTART_SEED:-20261124}
RANDOM=$((seed % 32768))
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$source"

finish() { # the run has ended: is its journal what it should be?
  "$program" journal print --data-dir "$folder/data" >"$folder/journal"
  luajit tests/integration/verify_journal.lua "$folder/part.log" 10080 <"$folder/journal"
  "$program" journal verify --data-dir "$folder/data" >/dev/null
}

killed=0
starts=0
while :; do
  starts=$((starts + 1))
  "$program" run --until-end --data-dir "$folder/data" >"$folder/part.log" 2>"$folder/part.err" &
  pid=$!
  if [ "$killed" -lt "$kills" ]; then
    # A random moment: it waits for the process at most so long.
    timeout "0.$(printf '%03d' $((RANDOM % 150 + 1)))" tail --pid=$pid -f /dev/null || true # its time is up: as meant
    if kill -9 $pid 2>/dev/null; then
      killed=$((killed + 1))
      wait $pid 2>/dev/null || true # 137: it was killed
      continue
    fi
  fi
  if ! wait $pid; then
    echo "start $starts failed (RESTART_SEED=$seed):"
    cat "$folder/part.err"
    exit 1
  fi
  if ! finish; then
    echo "after $killed kills (RESTART_SEED=$seed)"
    exit 1
  fi
  [ "$killed" -ge "$kills" ] && break
  rm -rf "$folder/data" # it ended before it was killed: again, with the kills that are left
done
echo "killed $killed times, started $starts times: nothing lost, nothing doubled"
echo "1 passed, 0 failed"
