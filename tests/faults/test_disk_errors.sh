# A disk that fails while a run goes on: within a second no order is sent any more and the run says so; what
# was acknowledged stays; when the disk is well, trading goes on; what is kept is sound, and a later start
# finds what was so. A sync that fails loses what was written since the last one, so that a second sync
# which "succeeds" would leave a hole.
# usage: test_disk_errors.sh PROGRAM_WITH_POINTS SOURCE [all]
. "$(dirname "$0")/../integration/common.sh"
export TRADINGBOOST_FEED_SPEED=200000 TRADINGBOOST_JOURNAL_SEGMENT_BYTES=4194304

# play FAULT: a run on a disk that fails; each line of $folder/out begins with the machine's time in
# microseconds.
play() {
  rm -rf "$folder/data"
  TRADINGBOOST_FAULT_DISK=$1 "$program" run --data-dir "$folder/data" --json 2>"$folder/err" |
    while IFS= read -r line; do printf '%s %s\n' "${EPOCHREALTIME/[.,]/}" "$line"; done >"$folder/out"
  [ "${PIPESTATUS[0]}" = 0 ] || fail "$1: the run ended with ${PIPESTATUS[0]}: $(tail -2 "$folder/err")"
  says out '"why":"the candles are at their end"'
  says err "fault ${1%%:*}"
}

# The market's time of the first line with a text, in milliseconds.
market_ms() {
  local ts
  ts=$(grep -m 1 -F -- "$1" "$folder/out" | sed 's/.*"ts":"\([^"]*\)".*/\1/')
  date -d "$ts" +%s%3N
}

# A later start finds what was so, and its journal is sound.
later() {
  sed 's/^[0-9]* //' "$folder/out" >"$folder/said"
  "$program" journal verify --data-dir "$folder/data" >"$folder/verified" || fail "$1: the journal is not sound"
  "$program" journal print --data-dir "$folder/data" >"$folder/journal"
  luajit tests/integration/verify_journal.lua "$folder/said" 10080 <"$folder/journal" || fail "$1: the journal and the end differ"
  local before after
  before=$(grep -o '"balance.*"position":"[^"]*"' "$folder/said")
  run 0 run --until-end --data-dir "$folder/data" --json
  after=$(grep -o '"balance.*"position":"[^"]*"' "$folder/out")
  [ -n "$before" ] && [ "$before" = "$after" ] || fail "$1: a restart finds $after, it was $before"
}

# halts FAULT TEXT: the journal fails with that text; orders stop until it can be written again.
halts() {
  play "$1"
  local failed told
  failed=$(awk '/^fault/ { print $3; exit }' "$folder/err")
  told=$(grep -m 1 -F -- "$2" "$folder/out" | cut -d ' ' -f 1)
  if [ -z "$told" ] || [ $((told / 1000 - failed)) -gt 1000 ]; then
    fail "$1: told after $((${told:-0} / 1000 - failed)) ms"
  fi
  says out 'the journal can be written again'
  later "$1"
  # The journal's own word: what was asked meanwhile was refused, and afterwards orders are sent again.
  mv "$folder/said" "$folder/out"
  local from to
  from=$(market_ms "$2")
  to=$(market_ms 'the journal can be written again')
  awk -v from="$from" -v to="$to" '
    /^[0-9]/ { time = $2 }
    /^[0-9]+ [0-9]+ [0-9]+ done / { who = $5 }
    /^[0-9]+ [0-9]+ [0-9]+ report a[0-9]+ rejected #/ { delete asked[$5 " " $7] } # taken back
    /^    place/ {
      sent = !/refused=/
      if (time > from && time < to) { if (sent) asked[who " " $4] = $0; else refused++ }
      if (time > to && sent) later++
    }
    END {
      for (order in asked) { bad++; print order ": " asked[order] }
      if (bad > 0) print bad " orders were sent while the journal could not be written"
      if (refused == 0) print "no order was asked for meanwhile: this test sees nothing"
      if (later == 0) print "no order was sent afterwards"
    }' "$folder/journal" >"$folder/awk"
  [ -s "$folder/awk" ] && fail "$1: $(cat "$folder/awk")"
}

# goes_on FAULT TEXT: a snapshot fails; that is told, and trading does not care.
goes_on() {
  export TRADINGBOOST_JOURNAL_SNAPSHOT_EVERY=1000
  play "$1"
  says out "$2"
  grep -qF 'the journal can be written again' "$folder/out" && fail "$1: the journal failed, too"
  ls "$folder/data/journal" | grep -q '^snapshot-' || fail "$1: no later snapshot was made"
  later "$1"
  unset TRADINGBOOST_JOURNAL_SNAPSHOT_EVERY
}

halts journal.sync:EIO:60 'cannot be synced: Input/output error'
goes_on snapshot.rename:EIO:2 'cannot be synced: Input/output error'
[ "${3:-}" = all ] || finish
halts journal.sync:EIO:40:3 'cannot be synced: Input/output error'
halts journal.write:EIO:50 'cannot be written: Input/output error'
halts journal.write:ENOSPC:90:2 'cannot be written: No space left on device'
halts journal.rename:EIO:2 'cannot be synced: Input/output error'
goes_on snapshot.write:EIO:3 'cannot be written: Input/output error'
goes_on snapshot.sync:EIO:2 'cannot be synced: Input/output error'
finish
