#!/bin/bash
# Runs all tests, and everything the command does, under a sanitizer. Any report is a failure.
#
#   scripts/sanitize.sh thread|address
#
# Builds apart from other builds, in .build-tsan or .build-asan. The S3 tests run on the server that
# PIXELDRILL_TEST_S3 names. Parsers are fed fewer mutated inputs than in other runs, unless
# PIXELDRILL_FUZZ_ROUNDS says how many.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
preload=
# A process that parses hostile files is expected to be killed by what libhdf5 and libnetcdf make of
# them (they free what they never set, and ask for what no machine has): that is left to the system,
# as without a sanitizer, and the tests see it.
crashes=handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_abort=0
case ${1:-} in
  thread)
    build=.build-tsan
    toolchain=$(dirname "$(readlink -f "$(command -v swift)")")
    "$toolchain/clang" -O1 -Wall -Werror -shared -fPIC -o "$work/mutex.so" \
      scripts/sanitize/mutex.c -ldl
    preload=$work/mutex.so
    export TSAN_OPTIONS="log_path=$work/report:suppressions=$PWD/scripts/sanitize/thread.supp"
    TSAN_OPTIONS+=":$crashes"
    ;;
  address)
    build=.build-asan
    # Swift's metadata are never freed.
    export ASAN_OPTIONS="log_path=$work/report:detect_leaks=0:allocator_may_return_null=1:$crashes"
    ;;
  *)
    echo "sanitize: thread or address?" >&2
    exit 2
    ;;
esac
export PIXELDRILL_FUZZ_ROUNDS=${PIXELDRILL_FUZZ_ROUNDS:-200}
cc -O1 -Wall -Werror -shared -fPIC -o "$work/die_at.so" scripts/conformance/die_at.c -ldl

# Without the options: the compiler and its plugins aren't what is looked at.
env -u TSAN_OPTIONS -u ASAN_OPTIONS swift build --build-tests --sanitize="$1" \
  --scratch-path "$build" >&2

# sanitized SENTENCE COMMAND…: ends well, and no process of it reported anything.
status=0
sanitized() {
  local sentence=$1 code=0
  shift
  LD_PRELOAD=$preload "$@" >"$work/out" 2>&1 || code=$?
  if compgen -G "$work/report.*" >/dev/null; then
    echo "FAILED: $sentence: reports"
    cat "$work"/report.*
    rm -f "$work"/report.*
    status=1
  elif [ $code != 0 ]; then
    echo "FAILED: $sentence: exit status $code"
    grep -E "recorded an issue|^✘|error:" "$work/out" || tail -n 20 "$work/out"
    status=1
  else
    echo "ok: $sentence, without a report"
  fi
}

# Those of S3 have time limits, and the machine for themselves.
tests=(swift test --skip-build --sanitize="$1" --scratch-path "$build")
sanitized "all tests but those of S3" "${tests[@]}" --skip S3Tests
grep "Test run with" "$work/out" || true
sanitized "the tests of S3" "${tests[@]}" --filter S3Tests
grep "Test run with" "$work/out" || true
mkdir "$work/job"
cp "$work/die_at.so" "$work/job"
sanitized "the command on a small archive" scripts/sanitize/job.sh "$build/debug/pixeldrill" \
  "$work/job"
exit $status
