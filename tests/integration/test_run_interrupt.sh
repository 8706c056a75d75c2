# A signal ends a paced run with its summary and exit 0, whatever it was doing.
. "$(dirname "$0")/common.sh"

# interrupt SIGNAL: as soon as the run has said its first line
interrupt() {
  rm -f "$folder/pipe"
  mkfifo "$folder/pipe"
  "$program" run --speed 1 >"$folder/pipe" 2>"$folder/err" &
  local pid=$!
  exec 3<"$folder/pipe"
  read -r -t 60 first <&3 || fail "no first line"
  case $first in
  *'"msg":"begin"'*) ;;
  *) fail "the first line is: $first" ;;
  esac
  # The start of the last activation: the loop is about to run.
  while read -r -t 60 line <&3; do
    case $line in *'"msg":"start","activation":"grid"'*) break ;; esac
  done
  kill -"$1" $pid
  cat <&3 >"$folder/out"
  exec 3<&-
  wait $pid
  local status=$?
  [ $status -eq 0 ] || fail "after $1 it ended with $status"
  says out '"why":"interrupted"'
  says out '"msg":"summary","activation":"hyperrsi"'
  says out '"msg":"summary","activation":"grid"'
}

interrupt INT
interrupt TERM

# A reader that leaves ends it as well: with a word, not with a broken pipe.
{
  "$program" run --until-end 2>"$folder/err"
  echo $? >"$folder/status"
} | head -1 >/dev/null
[ "$(cat "$folder/status")" = 1 ] || fail "without a reader it ended with $(cat "$folder/status")"
says err 'cannot be written'
finish
