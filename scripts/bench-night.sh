#!/usr/bin/env bash
# The night against SQL and DuckDB on the same rows, in one run. LINES_OF_NIGHT
# (default "1000000,10000000") are the sizes, SKIP leaves ways out (sql, duckdb,
# duckdb-postgres, sqlite, increment), LIMIT_OF_WAY (default 60m) is the time after
# which SQL or DuckDB is stopped.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
out=$root/bench/night-$(date -u +%Y-%m-%d)-$(git rev-parse --short HEAD).txt
command -v g++ >/dev/null || { echo "bench-night: needs g++ for DuckDB: apt-get install -y g++ libc6-dev" >&2; exit 1; }
(cd bench/night && go build -tags nomsgpack -o "$root/.bin/night" .)
{
  echo "commit   $(git rev-parse HEAD)$(git diff --quiet || echo ' with changes')"
  echo "machine  $(nproc) cores, $(awk '/MemTotal/ {printf "%.0f GiB", $2/1048576}' /proc/meminfo), $(go version | cut -d' ' -f3,4)"
  echo "load     $(cut -d' ' -f1-3 /proc/loadavg) at the start"
  echo
  "$root/.bin/night" -lines "${LINES_OF_NIGHT:-1000000,10000000}" -skip "${SKIP:-}" -limit "${LIMIT_OF_WAY:-60m}"
} | tee "$out"
echo "written to $out" >&2
