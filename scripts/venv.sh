#!/bin/sh
# Makes the Python environments of the judges that the tests compare with:
#
#   .venv         from scripts/requirements.txt         (zarr-python 3, xarray, netCDF4, …)
#   .venv-zarr2   from scripts/requirements-zarr2.txt   (zarr-python 2.18)
#
# An environment that was made from the same file by the same interpreter is left alone. PYTHON
# names the interpreter; otherwise it is the first python3 that can make environments.
set -eu

cd "$(dirname "$0")/.."

say() { printf '%s\n' "venv: $*" >&2; }

find_python() {
  for candidate in ${PYTHON:-python3 /usr/bin/python3}; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
        >/dev/null 2>&1; then
      command -v "$candidate"
      return
    fi
  done
  say "${PYTHON:-python3} is no Python 3.11 or later with 'venv'"
  say "run scripts/install-deps.sh, or set PYTHON to an interpreter"
  return 1
}

# make_environment DIRECTORY REQUIREMENTS
make_environment() {
  directory=$1
  requirements=$2
  if [ ! -f "$requirements" ]; then
    say "$requirements is missing; this checkout is not complete"
    return 1
  fi
  stamp="$("$python" --version 2>&1) $(sha256sum "$requirements" | cut -d ' ' -f 1)"
  if [ -x "$directory/bin/python" ] &&
    [ "$(cat "$directory/.stamp" 2>/dev/null || true)" = "$stamp" ]; then
    return 0
  fi
  say "making $directory from $requirements"
  rm -rf "$directory"
  "$python" -m venv "$directory"
  if ! "$directory/bin/python" -m pip install --quiet --disable-pip-version-check \
    --only-binary :all: -r "$requirements" >&2; then
    rm -rf "$directory"
    say "pip could not install $requirements into $directory; is the package index reachable?"
    return 1
  fi
  printf '%s\n' "$stamp" >"$directory/.stamp"
}

python=$(find_python)
make_environment .venv scripts/requirements.txt
make_environment .venv-zarr2 scripts/requirements-zarr2.txt
