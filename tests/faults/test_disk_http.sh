# While the journal cannot be written, an order over HTTP is not acknowledged; when it can be again, it
# is, and that order is there after kill -9.
# usage: test_disk_http.sh PROGRAM_WITH_POINTS SOURCE
. "$(dirname "$0")/../integration/common.sh"
port=$((20000 + RANDOM % 20000))
export TRADINGBOOST_GATEWAY_PORT=$port TRADINGBOOST_FEED_SPEED=600

# ask METHOD PATH BODY: the whole answer in $folder/answer.
ask() {
  exec 5<>"/dev/tcp/127.0.0.1/$port" || return 1
  printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "$2" "$token" "${#3}" "$3" >&5
  timeout 20 cat <&5 >"$folder/answer"
  exec 5<&-
}

# start [FAULT]: a run that listens.
start() {
  : >"$folder/out" # what the process before said is not this one's
  TRADINGBOOST_FAULT_DISK=${1:-} "$program" run --data-dir "$folder/data" --json >"$folder/out" 2>"$folder/err" &
  pid=$!
  wait_for '"msg":"gateway"'
}

wait_for() {
  for _ in $(seq 400); do
    grep -qF -- "$1" "$folder/out" && return
    kill -0 $pid 2>/dev/null || break
    sleep 0.05
  done
  says out "$1"
}

limit() { # QUANTITY: an order that rests far below
  printf '{"exchange":"paper","symbol":"BTC-USDT-SWAP","side":"buy","order_type":"limit","quantity":"%s","price":"48000"}' "$1"
}

token=$("$program" token add alice --role trader --user alice --data-dir "$folder/data" 2>/dev/null | head -1)
start journal.sync:EIO:80:3
ask POST /api/accounts '{"balance":10000}'
grep -q '^HTTP/1.1 2' "$folder/answer" || fail "no account: $(tail -1 "$folder/answer")"
wait_for 'cannot be synced: Input/output error'
ask POST /api/orders/create "$(limit 0.011)"
grep -q '^HTTP/1.1 2' "$folder/answer" && fail "an order was acknowledged: $(tail -1 "$folder/answer")"
grep -q '^HTTP/1.1 [45]' "$folder/answer" || fail "no refusal came: $(head -1 "$folder/answer")"
wait_for 'the journal can be written again'
ask POST /api/orders/create "$(limit 0.012)"
grep -q '^HTTP/1.1 2' "$folder/answer" || fail "no order is taken afterwards: $(tail -1 "$folder/answer")"
order=$(grep -o '"order_id":"[^"]*"' "$folder/answer" | head -1 | cut -d '"' -f 4)
kill -9 $pid
wait $pid 2>/dev/null
start
ask GET "/api/orders/status/$order" ''
says answer '"quantity":"0.012"'
says answer '"status":"open"'
for _ in $(seq 50); do # the tables follow
  ask GET '/api/orders/list/alice?status=open' ''
  grep -q '"quantity":"0.012"' "$folder/answer" && break
  sleep 0.1
done
says answer '"quantity":"0.012"'
grep -q '"quantity":"0.011"' "$folder/answer" && fail 'an order that was not acknowledged is open'
kill -TERM $pid
wait $pid || fail "it ended with $?"
"$program" journal verify --data-dir "$folder/data" >"$folder/verified" || fail "the journal is not sound"
finish
