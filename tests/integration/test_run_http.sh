# HTTP beside a run: a strategy activated and an order placed through it are there after kill -9; an
# order sent twice is one; an amended one is as it was answered; SIGTERM ends it in peace; without a data_dir it does not start.
. "$(dirname "$0")/common.sh"
port=$((20000 + RANDOM % 20000))
export TRADINGBOOST_GATEWAY_PORT=$port TRADINGBOOST_FEED_SPEED=600

# ask METHOD PATH [BODY] [KEY]: the whole answer in $folder/answer.
ask() {
  exec 5<>"/dev/tcp/127.0.0.1/$port" || return 1
  {
    printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n' "$1" "$2" "$token"
    [ -n "${4:-}" ] && printf 'Idempotency-Key: %s\r\n' "$4"
    printf 'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' "${#3}" "$3"
  } >&5
  cat <&5 >"$folder/answer"
  exec 5<&-
}

ulimit -Sn 256 # it takes what the system allows
start() {
  "$program" run --data-dir "$folder/data" --json >>"$folder/out" 2>>"$folder/err" &
  pid=$!
  for _ in $(seq 100); do
    { exec 6<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null && exec 6<&- && return
    sleep 0.1
  done
  fail 'nothing listens'
  cat "$folder/err"
}

# A token may be made before the first start.
demo=$("$program" token add demo --role trader --user demo --data-dir "$folder/data" 2>/dev/null | head -1)
[ "$(stat -c %a "$folder/data")" = 700 ] || fail "the data_dir has the mode $(stat -c %a "$folder/data")"
"$program" token add demo --role trader --user demo --data-dir "$folder/above/data" >/dev/null 2>&1 || fail 'the folders above are not made'
[ "$(stat -c %a "$folder/above")" = 700 ] || fail 'a folder above is open to others'
start
read -r soft hard < <(awk '/^Max open files/ {print $4, $5}' /proc/$pid/limits)
[ "$soft" = "$hard" ] || fail "it may open $soft descriptors of $hard"
token=$demo # the configuration's own activations are the demo's
ask GET /api/strategy/hyperrsi/status/demo ''
says answer '"activation_id":"hyperrsi","user_id":"demo"'
ask POST /api/strategy/grid/pause '{"activation_id":"grid"}'
says answer '"status":"paused"'
ask POST /api/strategy/grid/resume '{"activation_id":"grid"}'
token=$("$program" token add alice --role trader --user alice --data-dir "$folder/data" 2>/dev/null | head -1)
ask GET /api/strategy/hyperrsi/status/demo ''
says answer '"code":"' # another's
order='{"user_id":"alice","exchange":"paper","symbol":"BTC-USDT-SWAP","side":"buy","order_type":"market","quantity":"0.01"}'
for _ in $(seq 50); do # the file of tokens is looked at now and then
  ask GET /api/strategies ''
  grep -q '200 OK' "$folder/answer" && break
  sleep 0.1
done
for _ in $(seq 50); do # the tables follow
  ask GET /ready ''
  grep -q '"ready":true' "$folder/answer" && break
  sleep 0.1
done
says answer '"ready":true'
ask POST /api/strategy/hyperrsi/activate \
  '{"user_id":"alice","exchange":"paper","symbol":"BTC-USDT-SWAP","timeframe":"5m","mode":"paper","params":{"rsi_length":9}}' first
says answer '"status":"running"'
ask POST /api/scripts/grid/check '{"source":"while true do end"}'
says answer '"text":"the handler took longer than its 50 ms of CPU"'
ask POST /api/scripts/grid/check ''
says answer '"ok":true'
ask POST /api/strategy/hyperrsi/activate \
  '{"user_id":"alice","exchange":"paper","symbol":"BTC-USDT-SWAP","timeframe":"5m","mode":"paper","params":{"rsi_length":9}}' first
activation=$(grep -o '"activation_id":"[^"]*"' "$folder/answer" | head -1)
for try in $(seq 50); do # until there is a price
  ask POST /api/orders/create "$order" "order$try"
  grep -q risk_refused "$folder/answer" || break
  sleep 0.1
done
order_id=$(grep -o '"order_id":"[^"]*"' "$folder/answer" | head -1)
[ -n "$order_id" ] || fail "the order was refused: $(tail -1 "$folder/answer")"
ask POST /api/orders/create "$order" "order$try"
says answer "${order_id:-none}"
ask GET /api/market/ticker/paper/BTC-USDT-SWAP ''
price=$(grep -o '"last":"[0-9]*' "$folder/answer" | grep -o '[0-9]*$')
ask POST /api/orders/create \
  "{\"exchange\":\"paper\",\"symbol\":\"BTC-USDT-SWAP\",\"side\":\"buy\",\"order_type\":\"limit\",\"quantity\":\"0.01\",\"price\":\"$((price * 9 / 10))\"}"
resting=$(grep -o '"order_id":"[^"]*"' "$folder/answer" | head -1)
resting=${resting#*:\"}
resting=${resting%\"}
for _ in $(seq 50); do # until the venue has it
  ask PATCH "/api/orders/$resting" '{"quantity":"0.03"}'
  grep -q wrong_state "$folder/answer" || break
  sleep 0.05
done
ask POST /api/accounts '{"balance":77}'
closed=$(grep -o '"account_id":"[^"]*"' "$folder/answer")
closed=${closed#*:\"}
ask DELETE "/api/accounts/${closed%\"}" ''
says answer '"balance":"77"'
ask GET "/api/orders/status/$resting" ''
says answer '"quantity":"0.03"' # the venue has taken it, and it is durable
kill -9 $pid
wait $pid 2>/dev/null

start
ask DELETE "/api/accounts/${closed%\"}" ''
says answer '"code":"not_found"'
ask GET "/api/orders/status/$resting" ''
says answer '"quantity":"0.03"'
says answer '"status":"open"'
ask GET /api/strategy/hyperrsi/status/alice ''
says answer "$activation"
says answer '"rsi_length":"9"'
for _ in $(seq 50); do # it fills with the next bar
  ask GET /api/positions/alice ''
  grep -q '"symbol"' "$folder/answer" && break
  sleep 0.1
done
says answer '"quantity":"0.01"'
kill -9 $pid
wait $pid 2>/dev/null

start
order_id=${order_id#*:\"}
ask GET "/api/orders/fills/${order_id%\"}" ''
says answer '"filled_qty":"0.01"'
"$program" run --data-dir "$folder/other" >"$folder/second" 2>&1 # the port is taken
[ $? -eq 2 ] || fail 'a taken port is no fault of the configuration'
grep -q 'give another port' "$folder/second" || fail "a taken port says $(cat "$folder/second")"
kill -TERM $pid
wait $pid
status=$?
[ $status -eq 0 ] || fail "after TERM it ended with $status"

run 2 run --data-dir ''
says err 'HTTP needs a data_dir'
finish
