#!/usr/bin/env bash
# CPU of the server for each GET of an activation's status, beside nginx's `return 200` in the same
# sitting: 64 kept connections. Usage: bench_http.sh GATEWAY_SERVER SOURCE_FOLDER [SECONDS]
# Needs nginx and wrk (apt-get install nginx-light wrk); without them it says so and ends well.
set -euo pipefail
server=$1 source=$2 seconds=${3:-2}
for program in nginx wrk curl; do
  if ! command -v "$program" >/dev/null; then
    echo "skipped: $program is not installed"
    exit 0
  fi
done
folder=$(mktemp -d)
nginx_port=18199
cleanup() {
  exec 5>&- || true
  [ -f "$folder/nginx.pid" ] && kill "$(cat "$folder/nginx.pid")" 2>/dev/null
  wait 2>/dev/null || true
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

# The middle of the rounds.
middle() {
  sort -n "$folder/$1.us" | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
}

mkfifo "$folder/in"
(cd "$source" && exec "$server" "$folder" <"$folder/in" >"$folder/out") &
server_pid=$!
exec 5>"$folder/in"
for _ in $(seq 200); do
  grep -q port "$folder/out" 2>/dev/null && break
  sleep 0.05
done
port=$(awk '/port/ {print $2}' "$folder/out")
base=http://127.0.0.1:$port
authorization="Authorization: Bearer $(cat "$folder/admin.token")"
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
nginx_worker=$(pgrep -P "$(cat "$folder/nginx.pid")" | head -1)

for _ in 1 2 3 4 5; do
  measure nginx "$nginx_worker" "http://127.0.0.1:$nginx_port/"
  measure health "$server_pid" "$base/health"
  measure status "$server_pid" "$base/api/strategy/grid/status/demo" "$authorization"
done
awk -v n="$(middle nginx)" -v h="$(middle health)" -v s="$(middle status)" 'BEGIN {
  printf "nginx return 200   %6.2f us of CPU a request\n", n
  printf "GET /health        %6.2f us  %.2f of nginx\n", h, h / n
  printf "GET status         %6.2f us  %.2f of nginx (at most 2)\n", s, s / n
}'
