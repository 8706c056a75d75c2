# What an operator meets: a data_dir in use, a journal whose end is torn or whose middle is damaged, a
# stop while a request is half sent.
. "$(dirname "$0")/common.sh"
data=$folder/data

# --- two processes on one data_dir: the second refuses and names the first
"$program" run --speed 20000 --data-dir "$data" --json >"$folder/first" 2>&1 &
pid=$!
for _ in $(seq 100); do
  grep -q '"msg":"fill"' "$folder/first" && break
  sleep 0.1
done
run 1 run --data-dir "$data"
says err "is in use by process $pid"
run 1 run --data-dir "$data" --fresh
says err "is in use by process $pid"
kill -9 $pid
wait $pid 2>/dev/null
[ "$(stat -c %a "$data/tradingboost.db")" = 600 ] || fail 'others may read the tables'

# --- a damaged record in the middle: no start, nothing is touched, and the way out is said
cp -r "$data" "$folder/whole"
segment=$(echo "$data"/journal/*.journal)
run 0 journal verify --data-dir "$data"
says out ': sound'
last=$(sed -n 's/.*records 1 to \([0-9]*\).*/\1/p' "$folder/out")
# last_byte FILE: near the end of what is written; behind it are zeros
last_byte() {
  LC_ALL=C grep -abo '[^[:cntrl:]]' "$1" | tail -1 | cut -d: -f1
}
printf '\377\377' | dd of="$segment" bs=1 seek=$(($(last_byte "$segment") - 3000)) conv=notrunc status=none
before=$(md5sum "$segment")
run 1 run --data-dir "$data"
says err 'Copy the folder away'
says err 'tradingboost journal cut --at'
[ "$(md5sum "$segment")" = "$before" ] || fail 'a journal that was refused is changed'
run 1 journal verify --data-dir "$data"
at=$(sed -n 's/.*`tradingboost journal cut --at \([0-9]*\)`.*/\1/p' "$folder/out" "$folder/err" | head -1)
run 0 journal cut --at "${at:-0}" --data-dir "$data"
run 0 journal verify --data-dir "$data"
says out "records 1 to $((at - 1))"
[ "$at" -lt "$last" ] || fail "it cut at $at of $last"
run 0 run --speed 100000 --until-end --data-dir "$data" --json
says out '"why":"the candles are at their end"'

# --- a torn end is cut and told, and the run goes on
segment=$(echo "$folder/whole"/journal/*.journal)
printf '\377' | dd of="$segment" bs=1 seek=$(($(last_byte "$segment") - 3)) conv=notrunc status=none
run 0 journal verify --data-dir "$folder/whole"
says out 'was not written whole: it is cut'
run 0 run --speed 100000 --until-end --data-dir "$folder/whole" --json
says out 'was not written whole: it is cut'
says out '"why":"the candles are at their end"'

# --- SIGTERM: orders that were sent are answered, what was answered is kept, a request that is only
# half there is refused and no new connection is taken; it ends with 0
port=$((20000 + RANDOM % 20000))
export TRADINGBOOST_GATEWAY_PORT=$port
"$program" run --speed 3000 --data-dir "$folder/other" --json >"$folder/out" 2>"$folder/err" &
pid=$!
for _ in $(seq 100); do # there is a price
  grep -q '"msg":"fill"' "$folder/out" && break
  sleep 0.1
done
token=$(cat "$folder/other/admin.token")
body='{"user_id":"ann","exchange":"paper","symbol":"BTC-USDT-SWAP","side":"buy","order_type":"market","quantity":"0.001"}'
# post DESCRIPTOR BYTES [PATH]: $body, or the first bytes of it
post() {
  printf 'POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
    "${3:-/api/orders/create}" "$token" ${#body} "${body:0:$2}" >&"$1"
}
order=$body
body='{"user_id":"ann","exchange":"paper","mode":"paper"}'
exec 5<>"/dev/tcp/127.0.0.1/$port"
post 5 100 /api/accounts
timeout 10 cat <&5 >"$folder/answer"
says answer 'HTTP/1.1 201'
body=$order
exec 5<>"/dev/tcp/127.0.0.1/$port"
post 5 20 # the first bytes only
for i in $(seq 20 39); do
  eval "exec $i<>/dev/tcp/127.0.0.1/$port"
done
for i in $(seq 20 39); do
  body=${order/0.001/0.00$i} # two alike within a second would be refused
  post "$i" ${#body}
done
sleep 0.05
begin=$SECONDS
kill -TERM $pid
for i in $(seq 20 39); do
  timeout 10 cat <&"$i" >"$folder/answer$i"
done
(exec 7<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && fail 'a new connection is taken after TERM'
printf '%s' "${order:20}" >&5 2>/dev/null
timeout 10 cat <&5 >"$folder/answer"
exec 5<&-
wait $pid
status=$?
[ $status -eq 0 ] || fail "after TERM it ended with $status"
[ $((SECONDS - begin)) -le 10 ] || fail "it took $((SECONDS - begin)) s to end"
says answer 'HTTP/1.1 503'
"$program" journal print --data-dir "$folder/other" >"$folder/journal"
made=0
for i in $(seq 20 39); do
  grep -q '^HTTP/1.1 20' "$folder/answer$i" || fail "an order before TERM got: $(head -1 "$folder/answer$i")"
  id=$(sed -n 's/.*"order_id":"\([^"]*\)".*/\1/p' "$folder/answer$i")
  [ -n "$id" ] && grep -q " quantity=0.00${i%0} reason=manual" "$folder/journal" && made=$((made + 1))
done
[ $made -eq 20 ] || fail "of 20 orders that were answered $made are in the journal"
[ "$(sed -n 's/.*"order_id":"\([^"]*\)".*/\1/p' "$folder"/answer?? | sort -u | wc -l)" -eq 20 ] || fail 'two answers name one order'
finish
