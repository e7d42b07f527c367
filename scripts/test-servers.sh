#!/usr/bin/env bash
# Prints the environment of the test servers: PostgreSQL and Redis; a browser for
# the console's test is installed too. Uses the servers named by
# THROUGHLINE_TEST_POSTGRES and THROUGHLINE_TEST_REDIS, else the
# binaries of this machine in a private directory and port, else installs them
# with apt (as root, or with sudo). Usage: eval "$(scripts/test-servers.sh start)".
# Everything but the two export lines goes to stderr.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${THROUGHLINE_TEST_DIR:-$PWD/.test}

say() { echo "test-servers: $*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo -n "$@"; else
    say "needs root for: $*"; say "run this once, then try again: apt-get install -y postgresql redis-server g++ libc6-dev"; return 1
  fi
}

install() { # package...
  say "installing $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

free_port() {
  local p
  for _ in $(seq 50); do
    p=$((20000 + RANDOM % 20000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; then echo "$p"; return; fi
  done
  say "no free port"; return 1
}

pg_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

# as_pg runs a command as a user that initdb accepts (it refuses root).
as_pg() {
  if [ "$(id -u)" = 0 ]; then su postgres -s /bin/sh -c "$*"; else sh -c "$*"; fi
}

browser() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }

start_postgres() {
  local bin port; bin=$(pg_bin); port=$(free_port)
  local pg; pg=$(mktemp -d "${TMPDIR:-/tmp}/throughline-pg.XXXXXX")
  [ "$(id -u)" = 0 ] && chown postgres "$pg"
  chmod 700 "$pg"
  as_pg "'$bin/initdb' -D '$pg/data' -U postgres -A trust -E UTF8 --locale=C.UTF-8 >'$pg/init.log' 2>&1"
  as_pg "'$bin/pg_ctl' -D '$pg/data' -w -t 60 -l '$pg/log' -o '-p $port -k $pg -c listen_addresses=127.0.0.1 -c max_connections=300 -c shared_buffers=256MB' start >/dev/null" >&2
  echo "$pg" >>"$dir/postgres"
  echo "export THROUGHLINE_TEST_POSTGRES='postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable'"
}

start_redis() {
  local port run; port=$(free_port); run=$(mktemp -d "${TMPDIR:-/tmp}/throughline-redis.XXXXXX")
  redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$run" --pidfile "$run/pid" --daemonize yes >/dev/null
  echo "$run" >>"$dir/redis"
  echo "export THROUGHLINE_TEST_REDIS='redis://127.0.0.1:$port/0'"
}

start() {
  mkdir -p "$dir"
  local need=()
  command -v g++ >/dev/null || need+=(g++ libc6-dev)
  [ -n "${THROUGHLINE_TEST_POSTGRES:-}" ] || [ -x "$(pg_bin)/initdb" ] || need+=(postgresql)
  [ -n "${THROUGHLINE_TEST_REDIS:-}" ] || command -v redis-server >/dev/null || need+=(redis-server)
  [ ${#need[@]} = 0 ] || install "${need[@]}"
  browser || install chromium || say "no chromium: the console is NOT TESTED IN A BROWSER"
  [ -n "${THROUGHLINE_TEST_POSTGRES:-}" ] || start_postgres
  [ -n "${THROUGHLINE_TEST_REDIS:-}" ] || start_redis
}

stop() {
  local d
  if [ -f "$dir/postgres" ]; then
    while read -r d; do as_pg "'$(pg_bin)/pg_ctl' -D '$d/data' -m immediate stop >/dev/null 2>&1" || true; rm -rf "$d"; done <"$dir/postgres"
    rm -f "$dir/postgres"
  fi
  if [ -f "$dir/redis" ]; then
    while read -r d; do [ -f "$d/pid" ] && kill "$(cat "$d/pid")" 2>/dev/null || true; rm -rf "$d"; done <"$dir/redis"
    rm -f "$dir/redis"
  fi
}

case "${1:-}" in
  start) start ;;
  stop) stop ;;
  *) echo "usage: $0 start|stop" >&2; exit 2 ;;
esac
