#!/usr/bin/env bash
# CPU of `tradingboost run` for each GET of an activation's status, beside nginx's `return 200` in the same
# sitting, in turns: 64 kept connections. Prints one object of JSON.
# Usage: bench_http.sh TRADINGBOOST SOURCE_FOLDER [SECONDS]
# Needs nginx, wrk and curl (apt-get install nginx-light wrk curl); without them it says so and ends well.
set -euo pipefail
program=$1 source=$2 seconds=${3:-1}
for tool in nginx wrk curl; do
  if ! command -v "$tool" >/dev/null; then
    echo "skipped: $tool is not installed"
    exit 0
  fi
done
folder=$(mktemp -d)
nginx_port=$((20000 + RANDOM % 20000))
cleanup() {
  [ -n "${server_pid:-}" ] && kill "$server_pid" 2>/dev/null
  [ -f "$folder/nginx.pid" ] && kill "$(cat "$folder/nginx.pid")" 2>/dev/null
  wait 2>/dev/null || true # their status is that of the signal
  rm -rf "$folder"
}
trap cleanup EXIT

# Nanoseconds that a process's thread has had a processor.
used_ns() {
  awk '{print $1}' "/proc/$1/task/$1/schedstat"
}

# measure NAME PID URL [HEADER]: appends microseconds of processor time a request
measure() {
  local name=$1 pid=$2 url=$3 header=${4:-X-None: 1}
  local before after requests
  before=$(used_ns "$pid")
  requests=$(wrk -t1 -c64 -d"${seconds}s" -H "$header" "$url" | tee "$folder/wrk" | awk '/requests in/ {print $1}')
  after=$(used_ns "$pid")
  if grep -q 'Non-2xx' "$folder/wrk"; then
    echo "$name: not every answer was a 200" >&2
    exit 1
  fi
  awk -v b="$before" -v a="$after" -v r="$requests" 'BEGIN {printf "%.3f\n", (a - b) / 1e3 / r}' >>"$folder/$name.us"
}

# The middle of a file's numbers.
middle() {
  sort -n "$1" | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
}

port=$((20000 + RANDOM % 20000))
cat >"$folder/config.lua" <<CONF
return {
  gateway = { port = $port, reads_per_minute = 0 },
  feed = { file = '$source/config/demo/btcusdt-1m.csv.gz', symbol = 'BTC-USDT-SWAP' },
  activations = { { script = 'hyperrsi', params = { timeframe = '5m' } } },
}
CONF
cd "$source"
"$program" run --config "$folder/config.lua" --data-dir "$folder/data" >"$folder/log" 2>&1 &
server_pid=$!
base=http://127.0.0.1:$port
curl -sf -o /dev/null --retry 100 --retry-delay 0 --retry-connrefused --retry-max-time 20 "$base/ready"
authorization="Authorization: Bearer $(cat "$folder/data/admin.token")"
curl -sf -o /dev/null -H "$authorization" -H 'Content-Type: application/json' "$base/api/strategy/grid/activate" \
  -d '{"user_id":"demo","exchange":"paper","symbol":"BTC-USDT-SWAP","mode":"paper"}'

cat >"$folder/nginx.conf" <<CONF
worker_processes 1;
daemon on;
pid $folder/nginx.pid;
error_log $folder/nginx.error;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path $folder; proxy_temp_path $folder; fastcgi_temp_path $folder;
  uwsgi_temp_path $folder; scgi_temp_path $folder;
  server { listen 127.0.0.1:$nginx_port; location / { return 200 "ok"; } }
}
CONF
nginx -c "$folder/nginx.conf"
nginx_worker=
for _ in $(seq 100); do # it is in the background before its worker is there
  [ -s "$folder/nginx.pid" ] && nginx_worker=$(pgrep -P "$(cat "$folder/nginx.pid")" | head -1) && break
  sleep 0.05
done
[ -n "$nginx_worker" ] || {
  echo "nginx has no worker: $(cat "$folder/nginx.error")" >&2
  exit 1
}
for _ in 1 2 3 4 5 6 7; do
  measure nginx "$nginx_worker" "http://127.0.0.1:$nginx_port/"
  measure status "$server_pid" "$base/api/strategy/grid/status/demo" "$authorization"
done
paste "$folder/nginx.us" "$folder/status.us" | awk '{print $2 / $1}' >"$folder/ratio"
printf '{"nginx_us":%s,"status_us":%s,"status_ratio":%s}\n' \
  "$(middle "$folder/nginx.us")" "$(middle "$folder/status.us")" "$(middle "$folder/ratio")"
