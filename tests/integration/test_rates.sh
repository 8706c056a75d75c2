# How often one may ask: each user and each address has a share of its own, a refusal says when to come
# again, and neither the kill switch nor /health is ever refused.
. "$(dirname "$0")/common.sh"
port=$((20000 + RANDOM % 20000))
export TRADINGBOOST_GATEWAY_PORT=$port TRADINGBOOST_FEED_SPEED=60
export TRADINGBOOST_GATEWAY_READS_PER_MINUTE=40 TRADINGBOOST_GATEWAY_CHANGES_PER_MINUTE=3
export TRADINGBOOST_GATEWAY_CHECKS_PER_MINUTE=1 TRADINGBOOST_GATEWAY_ADDRESS_PER_MINUTE=200

# ask TOKEN METHOD PATH [BODY]: the status; head and body are in $folder/answer.
ask() {
  curl -s -i -o "$folder/answer" -w '%{http_code}' -X "$2" -H "Authorization: Bearer $1" \
    -H 'Content-Type: application/json' ${4:+--data "$4"} "http://127.0.0.1:$port$3"
}

start() {
  "$program" run --data-dir "$folder/data" --json >>"$folder/out" 2>>"$folder/err" &
  pid=$!
  for _ in $(seq 100); do
    [ "$(ask none GET /ready)" = 200 ] && return
    sleep 0.1
  done
  fail 'it is not ready'
  cat "$folder/err"
}

stop() {
  kill -TERM $pid
  wait $pid
}

# A share fills again while a slow machine asks: a few tries empty it.
is_refused() {
  for _ in $(seq 20); do
    [ "$(ask "$@")" = 429 ] && return 0
  done
  return 1
}

# answered_before_refusal TOKEN METHOD PATH [BODY]: how many were answered before the first that was too many.
answered_before_refusal() {
  local count=0
  while [ $count -lt 300 ]; do
    [ "$(ask "$@")" = 429 ] && break
    count=$((count + 1))
  done
  echo $count
}

mkdir -m 700 "$folder/data"
alice=$("$program" token add alice --role trader --user alice --data-dir "$folder/data" 2>/dev/null | head -1)
second=$("$program" token add phone --role trader --user alice --data-dir "$folder/data" 2>/dev/null | head -1)
bob=$("$program" token add bob --role trader --user bob --data-dir "$folder/data" 2>/dev/null | head -1)
start

count=$(answered_before_refusal "$alice" GET /api/strategies)
[ "$count" -ge 40 ] && [ "$count" -le 60 ] || fail "$count reads were answered, not 40"
says answer '"code":"limit_exceeded"'
says answer 'too many requests: 40 a minute (read)'
grep -qE '^Retry-After: [12]' "$folder/answer" || fail "Retry-After: $(grep -i retry "$folder/answer")"
is_refused "$second" GET /api/strategies || fail 'another token of the user has a share of its own'
[ "$(ask "$bob" GET /api/strategies)" = 200 ] || fail 'another user is refused'
count=$(answered_before_refusal "$alice" POST /api/accounts '{}')
[ "$count" -eq 3 ] || fail "$count changes were answered, not 3"
grep -qE '^Retry-After: (19|20)' "$folder/answer" || fail "Retry-After: $(grep -i retry "$folder/answer")"
[ "$(ask "$alice" POST /api/scripts/grid/check)" = 200 ] || fail 'checks are counted with changes'
[ "$(ask "$alice" POST /api/scripts/grid/check)" = 429 ] || fail 'a second check in a minute'
for _ in 1 2 3 4 5; do
  [ "$(ask "$alice" POST /api/kill '{"scope":"user"}')" = 200 ] || fail 'the kill switch is refused'
done
[ "$(ask none GET /health)" = 200 ] || fail '/health is refused'
[ "$(ask "$bob" GET /metrics)" = 200 ] || fail 'an address of this machine is counted'
says answer 'http_rate_refused_total{rate="change"} 1'
stop

# Addresses: with a token or without, whatever the path is.
export TRADINGBOOST_GATEWAY_COUNTS_LOCAL=true
start
count=$(answered_before_refusal none GET /nothing)
[ "$count" -ge 200 ] && [ "$count" -le 250 ] || fail "$count requests of an address were answered, not 200"
says answer 'too many requests: 200 a minute (address)'
is_refused "$bob" GET /metrics || fail '/metrics is not counted'
is_refused "$bob" GET /api/strategies || fail 'a token helps against a full address'
[ "$(ask none GET /health)" = 200 ] || fail '/health is refused'
[ "$(ask "$bob" POST /api/kill '{"scope":"user"}')" = 200 ] || fail 'the kill switch is refused'
stop
finish
