#!/usr/bin/env bash
# Builds the image of docker/Dockerfile and tries it, without a container engine and without a
# registry: the base comes from debootstrap, the build is buildah's, and runc starts the container as
# docker/compose.yaml asks (no capability, no new privileges, read-only root, the engines' usual filter
# of system calls). Ends with a table; exit status 1 when a row of it failed.
#
#   docker/verify.sh [FOLDER]
#
# As root, on Debian; some 4 GB of disk and five minutes. FOLDER keeps the base and the image for the
# next time; without it nothing stays. The packages come from MIRROR (deb.debian.org).
set -euo pipefail
cd "$(dirname "$0")/.."
mirror=${MIRROR:-http://deb.debian.org}
base=localhost/debian:bookworm-slim
image=localhost/tradingboost:verify
size_max=$((80 * 1000 * 1000))
stop_max_s=10

[ "$(id -u)" = 0 ] || {
  echo "docker/verify.sh makes root file systems and mounts: run it as root (sudo make docker-verify)" >&2
  exit 2
}
missing=
for tool in buildah runc debootstrap jq; do
  command -v $tool >/dev/null || missing="$missing $tool"
done
[ -f /usr/share/containers/seccomp.json ] || missing="$missing golang-github-containers-common"
if [ -n "$missing" ]; then
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing || {
    echo "docker/verify.sh needs the Debian packages:$missing" >&2
    exit 2
  }
fi

folder=${1:-$(mktemp -d /var/tmp/tradingboost-image.XXXXXX)}
mkdir -p "$folder"
folder=$(realpath "$folder")
bundle=$folder/bundle data=$folder/data
name=tradingboost-verify-$$
container=
tool() {
  buildah --storage-driver vfs --root "$folder/storage" --runroot "$folder/run" "$@"
}
container_() {
  runc --root "$folder/runc" "$@"
}
clean() {
  # Nothing to delete is the usual case: it is called before and after each part.
  container_ delete --force $name >/dev/null 2>&1 || true
  [ -z "$container" ] || tool rm "$container" >/dev/null || true
  rm -rf "$bundle" "$data" "$folder/oci"
  [ -n "${kept:-}" ] || rm -rf "$folder"
}
kept=${1:-}
trap clean EXIT

rows=() failures=0
# row STATE WHAT FIGURE
row() {
  rows+=("$(printf '%-4s  %-46s  %s' "$1" "$2" "$3")")
  [ "$1" = ok ] || failures=$((failures + 1))
  echo "--- ${rows[-1]}"
}
# check WHAT FIGURE COMMAND...: the row says whether the command succeeds.
check() {
  local what=$1 figure=$2 state=ok
  shift 2
  "$@" >/dev/null 2>&1 || state=FAIL
  row $state "$what" "$figure"
}

# --- the base: what debian:bookworm-slim is ----------------------------------------------------------

base_make() {
  container=$(tool from scratch)
  local root
  root=$(tool mount "$container")
  debootstrap --variant=minbase bookworm "$root" "$mirror/debian" >"$folder/debootstrap.log" 2>&1 || {
    tail -20 "$folder/debootstrap.log"
    return 1
  }
  printf 'deb %s/%s bookworm%s main\n' "$mirror" debian '' "$mirror" debian -updates \
    "$mirror" debian-security -security >"$root/etc/apt/sources.list"
  rm -rf "$root"/var/{lib/apt/lists,cache/apt,log}/* "$root"/usr/share/{man,locale,info,lintian}/*
  find "$root/usr/share/doc" -type f ! -name copyright -delete
  tool umount "$container" >/dev/null
  tool commit -q --rm "$container" $base >/dev/null
  container=
}

tool inspect --type image $base >/dev/null 2>&1 || base_make
start_s=$SECONDS
tool bud --isolation chroot --format docker --pull-never --layers=false --build-arg BASE=$base -t $image -f docker/Dockerfile . \
  >"$folder/build.log" 2>&1 || {
  tail -40 "$folder/build.log"
  exit 1
}
row ok 'the image is built' "$((SECONDS - start_s)) s"

# --- what the image is -------------------------------------------------------------------------------

# compressed IMAGE: bytes of its layers as a registry would hold them
compressed() {
  rm -rf "$folder/oci"
  tool push -q --format oci "$1" "oci:$folder/oci" >/dev/null
  local manifest
  manifest=$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' "$folder/oci/index.json")
  jq '[.layers[].size] | add' "$folder/oci/blobs/sha256/$manifest"
}
bytes=$(compressed $image)
base_bytes=$(compressed $base)
check 'compressed, under 80 MB' "$(awk "BEGIN {printf \"%.1f MB, %.1f of them the base\", $bytes / 1e6, $base_bytes / 1e6}")" \
  [ "$bytes" -lt $size_max ]
tool inspect --type image $image | jq '.Docker.config' >"$folder/config.json"
of_image() {
  jq -er "$1" "$folder/config.json"
}
check 'port, volume, health check, signal' "$(of_image '[(.ExposedPorts|keys[0]), (.Volumes|keys[0]), .Healthcheck.Test[1], .StopSignal] | join(" ")')" \
  of_image '.ExposedPorts["8000/tcp"] and .Volumes["/data"] and .Healthcheck.Test[1] == "tradingboost-health" and .StopSignal == "SIGTERM"'
user=$(of_image .User)
check 'the user is not root' "$user" [ "${user%%:*}" -gt 0 ]
container=$(tool from --pull-never $image)
root=$(tool mount "$container")
# ldd of a library that is missing fails; the check below reads what it printed.
tool run --isolation chroot "$container" -- sh -c 'ldd /usr/local/bin/tradingboost' >"$folder/ldd" 2>&1 || true
check 'every library is there' "$(grep -c '=> /' "$folder/ldd") linked" sh -c "grep -q libluajit '$folder/ldd' && ! grep -q 'not found' '$folder/ldd'"
unlicensed=
for package in $(tool run --isolation chroot "$container" -- dpkg-query -W -f '${Package}\n' | tr -d '\r'); do
  [ -f "$root/usr/share/doc/$package/copyright" ] || unlicensed="$unlicensed $package"
done
check 'every package has its licence' "${unlicensed:-all of $(grep -c '^Package: ' "$root/var/lib/dpkg/status")}" [ -z "$unlicensed" ]
check 'NOTICE and LICENSE are in it' '/usr/local/share/doc/tradingboost' \
  test -s "$root/usr/local/share/doc/tradingboost/NOTICE" -a -s "$root/usr/local/share/doc/tradingboost/LICENSE"

# --- how it runs -------------------------------------------------------------------------------------

# The engines' filter, as the standard has it: the rows that hold for this architecture and for a
# container without capabilities.
seccomp_write() {
  jq --arg arch "$(dpkg --print-architecture)" --arg native "SCMP_ARCH_$(uname -m | tr a-z A-Z)" '
    def holds(list): (list // []) | (length == 0 or index($arch) != null);
    {defaultAction, defaultErrnoRet, architectures: [$native], syscalls: [.syscalls[]
      | select(((.includes.caps // []) | length) == 0 and holds(.includes.arches)
          and ((.excludes.arches // []) | index($arch) == null))
      | {names, action} + (if .errnoRet then {errnoRet} else {} end) + (if .args then {args} else {} end)]}' \
    /usr/share/containers/seccomp.json >"$folder/seccomp.json"
}

# bundle_make: what runc is told, from the image's own configuration and as compose.yaml hardens it.
# $entry: what runs instead of the image's command; $environment: a variable more.
bundle_make() {
  rm -rf "$bundle"
  mkdir -p "$bundle"
  (cd "$bundle" && runc spec)
  jq --slurpfile image "$folder/config.json" --slurpfile seccomp "$folder/seccomp.json" --arg root "$root" \
    --arg data "$data" --arg entry "$entry" --arg more "$environment" '
    $image[0] as $image
    | .root = {path: $root, readonly: true}
    | .process += {terminal: false, cwd: $image.WorkingDir, noNewPrivileges: true,
        user: ($image.User | split(":") | {uid: (.[0] | tonumber), gid: (.[1] | tonumber)}),
        env: ($image.Env + ([$more] - [""])),
        args: (if $entry == "" then $image.Entrypoint + $image.Cmd else $entry | split(" ") end),
        capabilities: {bounding: [], effective: [], inheritable: [], permitted: [], ambient: []}}
    | del(.process.rlimits)
    | .mounts += [
        {destination: "/data", type: "bind", source: $data, options: ["bind", "rw", "nosuid", "nodev"]},
        {destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "mode=1777", "size=64m"]}]
    | .linux.seccomp = $seccomp[0]' "$bundle/config.json" >"$bundle/config.new"
  mv "$bundle/config.new" "$bundle/config.json"
}
entry='' environment=''

# A new volume takes the owner and the mode of the folder that it covers.
volume_make() {
  rm -rf "$data"
  cp -a "$root/data" "$data"
}

# start: the container's process is $pid; what it prints is in $folder/out.
start() {
  bundle_make
  rm -f "$folder/pid"
  container_ run --bundle "$bundle" --pid-file "$folder/pid" $name >"$folder/out" 2>&1 </dev/null &
  job=$!
  waited 10 test -s "$folder/pid" || {
    cat "$folder/out"
    return 1
  }
  pid=$(cat "$folder/pid")
}

# waited SECONDS COMMAND...: until it succeeds; $waited_s: how long that took
waited() {
  local limit_s=$1 from=$EPOCHREALTIME
  shift
  until "$@" >/dev/null 2>&1; do
    (("${EPOCHREALTIME/[.,]/}" - "${from/[.,]/}" < limit_s * 1000000)) || return 1
    sleep 0.1
  done
  waited_s=$(awk "BEGIN {printf \"%.1f s\", (${EPOCHREALTIME/[.,]/} - ${from/[.,]/}) / 1e6}")
}

# inside COMMAND...: in the running container, as its user
inside() {
  container_ exec $name "$@"
}
health() {
  inside tradingboost-health
}
says() {
  grep -qF -- "$1" "$folder/out"
}
process_is() {
  grep -qE "^$1:[[:space:]]+$2\$" "/proc/$pid/status"
}
# Scripts run in workers: each a process of the program with a filter more than the container's own.
confined_workers() {
  local count=0 child own
  own=$(awk '/^Seccomp_filters/ {print $2}' "/proc/$pid/status")
  for child in $(cat "/proc/$pid/task"/*/children); do
    [ "$(awk '/^Seccomp_filters/ {print $2}' "/proc/$child/status")" -gt "$own" ] && count=$((count + 1))
  done
  echo $count
}

# stop SIGNAL: $status is the container's, $waited_s how long it took
stop() {
  container_ kill $name "$1"
  waited $((stop_max_s + 10)) eval "! kill -0 $job" || container_ kill $name KILL
  status=0
  wait $job || status=$?
}
journal_is_sound() {
  entry='tradingboost journal verify --data-dir /data'
  start && wait $job && says ': sound'
  local state=$?
  entry=
  return $state
}
ends_well() {
  [ "$status" = 0 ] && says '"why":"interrupted"' && awk "BEGIN {exit !(${waited_s% s} < $stop_max_s)}"
}

# timed WHAT SECONDS COMMAND...: a row with the time until the command succeeded
timed() {
  local what=$1 limit_s=$2
  shift 2
  if waited "$limit_s" "$@"; then
    row ok "$what" "$waited_s"
  else
    row FAIL "$what" "not within $limit_s s"
    tail -5 "$folder/out"
  fi
}
fill='"msg":"fill"'

seccomp_write
volume_make
entry=tradingboost-health # where nothing listens
start
status=0
wait $job || status=$?
check 'the health check fails where nothing listens' "status $status" [ $status = 1 ]
entry=
start
timed '/health answers' 30 health
timed 'a fill' 90 says "$fill"
check 'it listens on every address' '0.0.0.0:8000' grep -q ' 00000000:1F40 00000000:0000 0A ' "/proc/$pid/net/tcp"
check 'the process: user' "$(awk '/^Uid/ {print $2}' "/proc/$pid/status")" process_is Uid "(${user%%:*}[[:space:]]*){4}"
check 'the process: no capability' 'CapEff, CapBnd 0' eval 'process_is CapEff 0+ && process_is CapBnd 0+'
check 'the process: no new privileges' 'NoNewPrivs 1' process_is NoNewPrivs 1
check 'the process: a filter of system calls' 'Seccomp 2' process_is Seccomp 2
check 'the root file system is read-only' 'nothing can be made in /, /etc, /usr' \
  inside sh -c 'for f in /x /etc/x /usr/local/bin/tradingboost; do ! touch $f 2>/dev/null || exit 1; done; touch /tmp/x /data/x && rm /data/x'
workers=$(confined_workers)
check 'scripts run in workers with filters' "$workers of them" [ "$workers" -ge 2 ]
check 'a token can be made beside it' 'tradingboost token add' \
  inside tradingboost token add phone --role trader --user alice --data-dir /data
stop TERM
check 'SIGTERM ends it in peace within 10 s' "status $status, $waited_s" ends_well
check 'what it kept is sound' 'tradingboost journal verify' journal_is_sound

start
timed 'again on the same volume: it goes on' 30 says '"msg":"restart"'
timed 'and fills again' 200 says "$fill"
stop KILL
check 'killed' "status $status" [ "$status" = 137 ]
start
timed 'after the kill: it goes on' 30 says '"msg":"restart"'
timed 'and /health answers' 30 health
stop TERM
check 'SIGTERM ends that, too' "status $status, $waited_s" ends_well

volume_make
environment=TRADINGBOOST_WORKERS=0
start
timed 'without workers: a fill' 90 says "$fill"
stop TERM
check 'SIGTERM ends that, too' "status $status, $waited_s" ends_well

echo
printf '%s\n' "${rows[@]}"
echo "${#rows[@]} checks, $failures failed"
[ $failures = 0 ]
