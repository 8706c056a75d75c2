# A request with an Idempotency-Key makes one thing, however often the program ends on its way: orders,
# batches, activations and accounts are found again after kill -9 by the same key, and twenty orders
# asked for while the program is killed at random moments are twenty. Refused and ended activations use
# up no places, before and after a restart.
. "$(dirname "$0")/common.sh"
port=$((20000 + RANDOM % 20000))
token=
export TRADINGBOOST_GATEWAY_PORT=$port TRADINGBOOST_FEED_SPEED=600 TRADINGBOOST_ENGINE_ACTIVATIONS_MAX=8
export TRADINGBOOST_JOURNAL_SNAPSHOT_EVERY=${SNAPSHOT_EVERY:-200}

# ask METHOD PATH [BODY] [KEY]: the whole answer in $folder/answer.
ask() {
  : >"$folder/answer"
  { exec 5<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 1
  {
    printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n' "$1" "$2" "$token"
    [ -n "${4:-}" ] && printf 'Idempotency-Key: %s\r\n' "$4"
    printf 'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' "${#3}" "$3"
  } >&5 2>/dev/null
  cat <&5 >"$folder/answer" 2>/dev/null
  exec 5<&-
}

# field NAME: its values in the answer, one a line.
field() { grep -o "\"$1\":\"[^\"]*\"" "$folder/answer"; }

status_is() { # WHAT STATUS
  grep -q "^HTTP/1.1 $2" "$folder/answer" || fail "$1 answers $(head -1 "$folder/answer") $(tail -1 "$folder/answer")"
}

start() {
  "$program" run --data-dir "$folder/data" --json >>"$folder/out" 2>>"$folder/err" &
  pid=$!
  for _ in $(seq 200); do
    { exec 6<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null && exec 6<&- && break
    sleep 0.05
  done
  for _ in $(seq 100); do # tables may follow the journal yet
    ask GET /ready '' && grep -q '"ready":true' "$folder/answer" && return
    sleep 0.05
  done
  fail "it does not start: $(tail -3 "$folder/err")"
}

end() {
  kill -9 $pid
  wait $pid 2>/dev/null
}

start
token=$("$program" token add alice --role trader --user alice --data-dir "$folder/data" 2>/dev/null | head -1)
for _ in $(seq 50); do # the file of tokens is looked at now and then
  ask GET /api/strategies ''
  grep -q '200 OK' "$folder/answer" && break
  sleep 0.1
done
for _ in $(seq 50); do # until there is a price
  ask GET /api/market/ticker/paper/BTC-USDT-SWAP ''
  grep -q '200 OK' "$folder/answer" && break
  sleep 0.1
done

order() { # SIDE QUANTITY
  printf '{"user_id":"alice","exchange":"paper","symbol":"BTC-USDT-SWAP","side":"%s","order_type":"market","quantity":"%s"}' "$1" "$2"
}
active='{"user_id":"alice","exchange":"paper","symbol":"BTC-USDT-SWAP","timeframe":"5m","mode":"paper","params":{"rsi_length":9}}'
refused='{"user_id":"alice","exchange":"paper","symbol":"BTC-USDT-SWAP","timeframe":"5m","mode":"paper","params":{"rsi_length":-9}}'
batch="{\"orders\":[$(order buy 0.0041),$(order sell 0.0042),$(order buy 0)]}"

# --- each thing again after a crash
ask POST /api/accounts '{"user_id":"alice"}' account
status_is 'an account' 201
account=$(field account_id)
ask POST /api/orders/create "$(order buy 0.01)" order
status_is 'an order' 201
made=$(field order_id)
ask POST /api/orders/batch "$batch" batch
status_is 'a batch' 200
batched=$(field order_id)
[ "$(echo "$batched" | wc -l)" -eq 2 ] || fail "a batch of two good orders makes $batched"
ask POST /api/strategy/hyperrsi/activate "$active" activation
status_is 'an activation' 201
activation=$(field activation_id)
ask POST /api/strategy/hyperrsi/activate "$refused" refused
status_is 'a refused activation' 422
refusal=$(field field)
for round in 1 2; do # the second time from what the first has kept
  end
  start
  ask POST /api/accounts '{"user_id":"alice"}' account
  status_is 'the account again' 201
  [ "$(field account_id)" = "$account" ] || fail "the account again: $(field account_id), not $account"
  ask POST /api/orders/create "$(order buy 0.01)" order
  status_is 'the order again' 201
  [ "$(field order_id)" = "$made" ] || fail "the order again: $(field order_id), not $made"
  ask POST /api/orders/create "$(order buy 0.02)" order
  status_is 'another order with its key' 409
  says answer '"code":"wrong_state"'
  ask POST /api/orders/create "$(order buy 0.01)" order # that was not the answer to the key
  status_is 'the order once more' 201
  ask POST /api/orders/batch "$batch" batch
  status_is 'the batch again' 200
  [ "$(field order_id)" = "$batched" ] || fail "the batch again: $(field order_id), not $batched"
  ask POST /api/strategy/hyperrsi/activate "$active" activation
  status_is 'the activation again' 201
  [ "$(field activation_id)" = "$activation" ] || fail "the activation again: $(field activation_id)"
  ask POST /api/strategy/hyperrsi/activate "$refused" refused
  status_is 'the refused activation again' 422
  [ "$(field field)" = "$refusal" ] || fail "the refusal names $(field field), not $refusal"
done
ask GET /api/accounts/alice ''
[ "$(field account_id | wc -l)" -eq 2 ] || fail "one account and one of an activation are $(field account_id)"

# --- killed at random moments, while one client asks until it is answered
answered=0
for i in $(seq 11 30); do
  side=buy
  [ $((i % 2)) -eq 0 ] && side=sell
  for _ in $(seq $((1 + RANDOM % 2))); do
    ask POST /api/orders/create "$(order $side "0.00$i")" "random$i" &
    asking=$!
    sleep "$(printf 0.%04d $((RANDOM % 60)))" # an order takes some of these milliseconds
    end
    wait $asking
    grep -q '^HTTP/1.1 201' "$folder/answer" && answered=$((answered + 1))
    start
  done
  ask POST /api/orders/create "$(order $side "0.00$i")" "random$i"
  status_is "request random$i" 201
done
echo "answered before the end: $answered"
ask GET "/api/orders/list/alice?limit=500" ''
for i in $(seq 11 30); do
  quantity=0.00$i
  count=$(grep -o "\"quantity\":\"${quantity%0}\"" "$folder/answer" | wc -l)
  [ "$count" -eq 1 ] || fail "request random$i has made $count orders"
done

for length in 11 12 13 14 15; do # activations
  for _ in 1 2; do
    ask POST /api/strategy/hyperrsi/activate "${active/:9/:$length}" "length$length" &
    asking=$!
    sleep "$(printf 0.%04d $((RANDOM % 200)))"
    end
    wait $asking
    start
  done
  ask POST /api/strategy/hyperrsi/activate "${active/:9/:$length}" "length$length"
  status_is "activation length$length" 201
  id=$(field activation_id)
  ask GET /api/strategy/hyperrsi/status/alice ''
  count=$(grep -o "\"rsi_length\":\"$length\"" "$folder/answer" | wc -l)
  [ "$count" -eq 1 ] || fail "request length$length has made $count activations"
  ask POST /api/strategy/hyperrsi/deactivate "{$id}"
  status_is "deactivation of length$length" 200
done

# --- places of activations
for i in $(seq 100); do
  ask POST /api/strategy/hyperrsi/activate "$refused" "bad$i"
  status_is "refused activation $i" 422
done
ask POST /api/strategy/hyperrsi/activate "$active" good
status_is 'a good one after them' 201
end
start
for i in $(seq 100); do
  ask POST /api/strategy/hyperrsi/activate "$refused"
  status_is "refused activation $i after a restart" 422
done
for i in $(seq 100); do
  ask POST /api/strategy/hyperrsi/activate "$active" "cycle$i"
  status_is "activation $i" 201
  id=$(field activation_id)
  [ $i -eq 1 ] && gone=$id
  ask POST /api/strategy/hyperrsi/deactivate "{$id}"
  status_is "deactivation $i" 200
done
end
start
ask POST /api/strategy/hyperrsi/activate "$active" activation
status_is 'the first activation again' 201
[ "$(field activation_id)" = "$activation" ] || fail "it was $activation and is $(field activation_id)"
ask POST /api/strategy/hyperrsi/activate "$active" cycle1 # its place has gone to others since
status_is 'the first of the cycles again' 201
[ "$(field activation_id)" = "$gone" ] || fail "it was $gone and is $(field activation_id)"
says answer '"status":"stopped"'
ask POST /api/strategy/hyperrsi/activate "$active"
status_is 'one more after a restart' 201
kill -TERM $pid
wait $pid
status=$?
[ $status -eq 0 ] || fail "after TERM it ended with $status"
finish
