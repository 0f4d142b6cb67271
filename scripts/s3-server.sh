#!/bin/bash
# A real S3 server on this machine, for tests and benchmarks: Ceph's gateway with a cluster of one
# node, all in memory. Unlike the usual stand-ins it verifies signatures and checksums.
#
#   scripts/s3-server.sh up      starts it (about 12 s) and prints its URL; does nothing if it runs
#   scripts/s3-server.sh down    stops it and forgets what it holds
#
# Needs root, and Debian's Ceph, which it installs if it is missing.
#   S3_SERVER_DIR=/run/pixeldrill-s3   configuration, logs, process ids
#   S3_SERVER_PORT=7490
#   S3_SERVER_BYTES=4294967296         how much it can hold
#   AWS_ACCESS_KEY_ID=pixeldrill AWS_SECRET_ACCESS_KEY=pixeldrill-secret
set -euo pipefail

dir=${S3_SERVER_DIR:-/run/pixeldrill-s3}
port=${S3_SERVER_PORT:-7490}
bytes=${S3_SERVER_BYTES:-4294967296}
url=http://127.0.0.1:$port
# In the order in which they are stopped.
daemons=(client.rgw osd.0 mgr.a mon.a)

fail() {
  echo "s3-server: $*" >&2
  exit 1
}

# The process that a file names, if it is still one of Ceph's.
running() {
  local pid
  pid=$(cat "$dir/run/$1.pid" 2>/dev/null) || return 1
  case $(cat "/proc/$pid/comm" 2>/dev/null) in
    radosgw* | ceph-*) echo "$pid" ;;
    *) return 1 ;;
  esac
}

down() {
  local name pid
  for name in "${daemons[@]}"; do
    pid=$(running "$name") || continue
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 80); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
  done
  rm -rf "$dir"
}

install_ceph() {
  command -v radosgw >/dev/null && command -v ceph-osd >/dev/null &&
    command -v ceph-mon >/dev/null && return
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  apt-get -qq install -y --no-install-recommends \
    radosgw ceph-mon ceph-osd ceph-mgr ceph-common >/dev/null
}

# The monitor's ports follow the gateway's, so that two servers can run side by side.
configure() {
  local v2=$((port + 1)) v1=$((port + 2))
  mkdir -p "$dir"/{mon,osd,mgr,run,log}
  cat >"$dir/ceph.conf" <<EOF
[global]
fsid = $1
mon initial members = a
mon host = [v2:127.0.0.1:$v2/0,v1:127.0.0.1:$v1/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data = $dir/mon
mgr data = $dir/mgr
osd data = $dir/osd
osd objectstore = memstore
osd class dir = /usr/lib/$(uname -m)-linux-gnu/rados-classes
memstore device bytes = $bytes
run dir = $dir/run
admin socket = $dir/run/\$name.asok
pid file = $dir/run/\$name.pid
log file = $dir/log/\$name.log
keyring = $dir/keyring
[client.rgw]
# Without tcp_nodelay every answer waits 40 ms for an acknowledgement.
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw thread pool size = 64
rgw enable lc threads = false
debug rgw = 0
debug ms = 0
EOF
}

add_key() {
  ceph-authtool "$dir/keyring" --gen-key -n "$@" >/dev/null
}

up() {
  if running client.rgw >/dev/null; then
    echo "$url"
    return
  fi
  [ "$EUID" = 0 ] || fail "needs root"
  install_ceph
  down
  local fsid osd
  fsid=$(cat /proc/sys/kernel/random/uuid)
  osd=$(cat /proc/sys/kernel/random/uuid)
  configure "$fsid"
  export CEPH_CONF=$dir/ceph.conf
  ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *' >/dev/null
  add_key client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  add_key mgr.a --cap mon 'allow profile mgr' --cap osd 'allow *'
  add_key osd.0 --cap mon 'allow profile osd' --cap mgr 'allow profile osd' --cap osd 'allow *'
  add_key client.rgw --cap mon 'allow rw' --cap osd 'allow rwx'
  monmaptool --create --clobber --fsid "$fsid" \
    --addv a "[v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]" "$dir/monmap" >/dev/null
  ceph-mon -i a --mkfs --monmap "$dir/monmap" --keyring "$dir/keyring"
  ceph-mon -i a
  ceph osd new "$osd" >/dev/null
  ceph-osd -i 0 --mkfs --osd-uuid "$osd" >/dev/null 2>&1
  ceph-osd -i 0 2>/dev/null
  radosgw -n client.rgw
  for _ in $(seq 160); do
    curl -sf -o /dev/null "$url/" && break
    sleep 0.25
  done
  curl -sf -o /dev/null "$url/" || fail "the gateway did not start; see $dir/log"
  radosgw-admin user create --uid=pixeldrill --display-name=pixeldrill \
    --access-key="${AWS_ACCESS_KEY_ID:-pixeldrill}" \
    --secret-key="${AWS_SECRET_ACCESS_KEY:-pixeldrill-secret}" >/dev/null 2>&1 ||
    fail "the user could not be made"
  echo "$url"
}

case ${1:-} in
  up) up ;;
  down) down ;;
  *) fail "up or down?" ;;
esac
