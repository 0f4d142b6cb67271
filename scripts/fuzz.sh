#!/bin/bash
# Runs the parsers under libFuzzer.
#
#   scripts/fuzz.sh [SECONDS [ENTRY...]]     30 seconds of each entry unless said otherwise
#
# Contract: no trap, no input that takes longer than a second, no more than 512 MiB of address space
# for an input and the fuzzer. What breaks it is left in fuzz/found/<entry>-…; make a seed of it in
# Tests/Data/fuzz/<entry>.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-30}
shift || true
entries=("$@")
if [ ${#entries[@]} -eq 0 ]; then
  for folder in Tests/Data/fuzz/*/; do entries+=("$(basename "$folder")"); done
fi

swift build --package-path fuzz -c release -Xswiftc -sanitize=fuzzer \
  -Xswiftc -parse-as-library >&2
binary=$(swift build --package-path fuzz -c release --show-bin-path)/fuzz

mkdir -p fuzz/found
status=0
for entry in "${entries[@]}"; do
  mkdir -p "fuzz/corpus/$entry"
  said=$(mktemp)
  if PIXELDRILL_FUZZ=$entry "$binary" -max_total_time="$seconds" -timeout=1 \
    -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="fuzz/found/$entry-" "fuzz/corpus/$entry" "Tests/Data/fuzz/$entry" \
    >"$said" 2>&1; then
    printf '%s: %s inputs, nothing broke\n' "$entry" \
      "$(sed -n 's/^stat::number_of_executed_units: *//p' "$said")"
  else
    printf '%s: BROKEN\n' "$entry"
    grep -E 'ERROR|SUMMARY|Fatal error|Test unit written|malloc' "$said" | head -8 | sed 's/^/  /'
    status=1
  fi
  rm -f "$said"
done
exit $status
