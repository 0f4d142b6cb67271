# What the conformance checks have in common; sourced by them, in the project's folder.
#
# A check prints one line "ok: …" on standard output, or "FAILED: …" on standard error.

binary=$(realpath "${PIXELDRILL:-.build/release/pixeldrill}")
python=.venv/bin/python
judge="$python scripts/conformance/convert_check.py"
work=$(mktemp -d)
failures=0
trap 'rm -rf "$work"' EXIT

ok() { printf 'ok: %s\n' "$*"; }

# failed SENTENCE [FILE]: FILE has what explains it.
failed() {
  failures=$((failures + 1))
  printf 'FAILED: %s\n' "$1" >&2
  [ $# -lt 2 ] || head -n 12 "$2" | sed 's/^/  | /' >&2
}

skipped() { printf 'skipped: %s\n' "$*" >&2; }

# verdict SENTENCE COMMAND…: the command succeeds.
verdict() {
  local sentence=$1
  shift
  if "$@" >"$work/verdict" 2>&1; then ok "$sentence"; else failed "$sentence" "$work/verdict"; fi
}

# run ARGUMENTS…: pixeldrill, which must succeed.
run() {
  "$binary" "$@" >"$work/out" 2>"$work/err" || failed "pixeldrill $* ends with $?" "$work/err"
}

# expect SENTENCE CODE [WORDS]… -- ARGUMENTS…: pixeldrill ends with the exit code, and each of the
# words (a basic regular expression) is in what it says.
expect() {
  local sentence=$1 code=$2 got=0 words=()
  shift 2
  while [ "$1" != -- ]; do
    words+=("$1")
    shift
  done
  shift
  timeout 120 "$binary" "$@" >"$work/out" 2>"$work/err" || got=$?
  cat "$work/out" "$work/err" >"$work/said"
  if [ "$got" != "$code" ]; then
    failed "$sentence: exit code $got instead of $code" "$work/said"
    return
  fi
  for word in "${words[@]}"; do
    if ! grep -q -e "$word" "$work/said"; then
      failed "$sentence: doesn't say '$word'" "$work/said"
      return
    fi
  done
  ok "$sentence"
}

# Whether something below a root could be opened as a store.
opens() {
  [ -d "$1" ] && find "$1" \( -name zarr.json -o -name .zgroup -o -name .zarray \
    -o -name .zmetadata \) | grep -q .
}

# Like expect, and nothing below the folder ROOT opens as a store afterwards.
refuses() {
  local root=$1 before=$failures
  shift
  expect "$@" >"$work/sentence"
  [ "$failures" = "$before" ] || return 0
  if opens "$root"; then failed "$1: leaves a store"; else cat "$work/sentence"; fi
}

# One digest for the names and bytes of a tree.
tree_digest() { (cd "$1" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum); }

finish() {
  if [ "$failures" -gt 0 ]; then
    printf '%s checks failed\n' "$failures" >&2
    exit 1
  fi
}
