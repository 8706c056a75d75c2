# The demo, played to its end: fills of both strategies, a summary of each, exit 0, the same twice.
. "$(dirname "$0")/common.sh"

run 0 run --until-end --orders "$folder/orders.csv"
says out '"msg":"begin"'
says out '"stop":"SIGINT or SIGTERM"'
says out '"why":"the candles are at their end"'
for id in hyperrsi grid; do
  says out "\"msg\":\"fill\",\"activation\":\"$id\""
  says out "\"msg\":\"summary\",\"activation\":\"$id\""
done
first=$(grep -m1 -F '"msg":"fill"' "$folder/out")
[[ $first == *'"ts":"2021-02-19T02:10:00.000Z"'* ]] || fail "the first fill is not at data minute 130: $first"
fills=$(grep -cF '"msg":"fill"' "$folder/out")
lines=$(($(wc -l <"$folder/orders.csv") - 1))
[ "$fills" -eq "$lines" ] || fail "$fills fills were shown and $lines written"
[ "$(grep -c '^{.*}$' "$folder/out")" -eq "$(wc -l <"$folder/out")" ] || fail "a line is not JSON"

cp "$folder/out" "$folder/first"
run 0 run --until-end --orders "$folder/again.csv"
cmp "$folder/first" "$folder/out" || fail "two runs tell different things"
cmp "$folder/orders.csv" "$folder/again.csv" || fail "two runs fill differently"

# Readable lines, where they are asked for.
TRADINGBOOST_LOG_FORMAT=readable run 0 run --until-end
says out 'Ctrl-C stops it'
says out '2021-02-19 02:10:00  hyperrsi    fill       buy '
says out 'Stopped at 2021-02-26 00:00:00 UTC of the data'
grep -q $'\033' "$folder/out" && fail "colour outside a terminal"

# As fast as that, it is a matter of pace only.
run 0 run --speed 1000000 --orders "$folder/paced.csv"
cmp "$folder/orders.csv" "$folder/paced.csv" || fail "the pace changes fills"

# From another folder.
cd "$folder" || exit 1
run 0 run --until-end
finish
