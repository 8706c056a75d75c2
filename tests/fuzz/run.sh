#!/usr/bin/env bash
# Each fuzz target under libFuzzer for some seconds, from the committed corpus. What is found new
# stays in build/fuzz/corpus. Usage: tests/fuzz/run.sh [SECONDS [NAME...]]
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift || true
if ! command -v clang >/dev/null; then
  echo "fuzz targets are skipped: they need clang"
  exit 0
fi
cmake --preset fuzz --log-level=WARNING >/dev/null
cmake --build --preset fuzz
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  for file in tests/fuzz/fuzz_*.c; do
    name=${file##*/fuzz_}
    names+=("${name%.c}")
  done
fi
for name in "${names[@]}"; do
  corpus=build/fuzz/corpus/$name
  mkdir -p "$corpus"
  seeds=("tests/fuzz/corpus/$name")
  if [ "$name" = script ]; then
    seeds+=(lua strategies tests/scripts/good tests/scripts/bad)
  fi
  echo "$name for $seconds s"
  build/fuzz/fuzz/fuzz_"$name" -max_total_time="$seconds" -timeout=20 -verbosity=0 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$name-" "$corpus" "${seeds[@]}"
done
