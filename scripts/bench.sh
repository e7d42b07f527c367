#!/usr/bin/env bash
# Runs the benchmarks and writes their figures with the machine and the commit.
# BENCHTIME (default 2000x for requests), THROUGHLINE_BENCH_AUTHS
# (authorizations, default 1000000), LINES_OF_NIGHT and LIMIT_OF_WAY (after which
# a way of the night is stopped, and said to be) scale it.
set -euo pipefail
cd "$(dirname "$0")/.."
out=bench/$(date -u +%Y-%m-%d)-$(git rev-parse --short HEAD).txt
mkdir -p bench
{
  echo "commit   $(git rev-parse HEAD)$(git diff --quiet || echo ' with changes')"
  echo "machine  $(nproc) cores, $(awk '/MemTotal/ {printf "%.0f GiB", $2/1048576}' /proc/meminfo), $(go version | cut -d' ' -f3,4)"
  echo "load     $(cut -d' ' -f1-3 /proc/loadavg) at the start"
  echo
  run() { go test -tags nomsgpack -run '^$' -bench "$2" -benchtime "$3" -benchmem -timeout 60m "$1" | grep -E '^(Benchmark|ok|FAIL|panic)'; echo; }
  echo "# The true program over HTTP, 16 clients, beside the bare database writing the same rows"
  run ./demo/bench . "${BENCHTIME:-2000x}"
  echo "# Store, in process"
  run ./store 'Commit|Read|Search' "${BENCHTIME:-2000x}"
  echo "# Prior authorization over HTTP: \$submit until it is durable, \$inquire"
  run ./api 'Submit|Inquire' "${BENCHTIME:-2000x}"
  export THROUGHLINE_BENCH_AUTHS=${THROUGHLINE_BENCH_AUTHS:-1000000}
  echo "# Among $THROUGHLINE_BENCH_AUTHS authorizations on PostgreSQL, 8 clients over HTTP, beside a bare select by primary key"
  run ./api 'Authorizations' "${BENCHTIME:-2000x}"
  echo "# The night: about 100,000 lines"
  run ./jobs/reconcile . 1x
  echo "# The night at ${LINES_OF_NIGHT:-1000000} lines, on both databases, against the same question in SQL on the same PostgreSQL and in DuckDB"
  (cd bench/night && go build -tags nomsgpack -o ../../.bin/night .) # needs g++ for DuckDB
  .bin/night -lines "${LINES_OF_NIGHT:-1000000}" -skip "${SKIP:-}" -limit "${LIMIT_OF_WAY:-20m}"
  echo "# The law, the codec, search and mappings"
  run ./ledger . 1s
  run ./fhir . 1s
  run ./fhir/search . 1s
  echo "# The wires: HL7 v2 parse and map, X12 837P as a stream, in MB/s, messages or claims a second, and allocations"
  run ./internal/hl7v2 . 1s
  run ./internal/x12 . 1s
  run ./mappings/... . 1s
} | tee "$out"
echo "written to $out" >&2
