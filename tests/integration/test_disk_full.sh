# A disk that is full: the run says so and sends no order, and trades on when there is room; the journal
# is sound and has all that happened. On a small tmpfs of its own, where one can be mounted.
. "$(dirname "$0")/common.sh"
if ! unshare -Urm true 2>/dev/null; then
  echo "skipped: no file system can be mounted here (unshare -Urm)"
  exit 0
fi
export TRADINGBOOST_JOURNAL_SEGMENT_BYTES=4194304 TRADINGBOOST_FEED_SPEED=100000
mkdir "$folder/small"

inside() {
  mount -t tmpfs -o size=6m none "$folder/small" || exit 9
  "$program" run --data-dir "$folder/small" --json >"$folder/out" 2>"$folder/err" &
  local pid=$!
  for _ in $(seq 300); do # the second segment finds no room
    grep -q 'No space left' "$folder/out" && break
    sleep 0.1
  done
  mount -o remount,size=40m "$folder/small"
  wait $pid
  echo $? >"$folder/status"
  "$program" journal verify --data-dir "$folder/small" >"$folder/verified" 2>&1
  "$program" journal print --data-dir "$folder/small" >"$folder/journal"
}

export program folder
export -f inside
unshare -Urm bash -c inside
[ "$(cat "$folder/status")" = 0 ] || fail "it ended with $(cat "$folder/status")"
says out 'No space left'
says out 'the journal can be written again'
says out '"why":"the candles are at their end"'
says out 'the journal cannot be written' # a refused order
says verified 'sound'
luajit tests/integration/verify_journal.lua "$folder/out" 10080 <"$folder/journal" || fail "the journal and the end differ"
finish
