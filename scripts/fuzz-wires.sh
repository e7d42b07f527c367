#!/usr/bin/env bash
# Fuzzes what reads partners' bytes, each target for the given time, two side by
# side with one worker each: HL7 v2, MLLP framing, X12, CSV and Excel tables, and
# the mappings behind them. scripts/fuzz.sh runs all.
set -euo pipefail
cd "$(dirname "$0")/.."
export FUZZTIME=${1:-60s}
one() {
  local out
  out=$(go test -tags nomsgpack -run '^$' -fuzz "^$2\$" -fuzztime "$FUZZTIME" -fuzzminimizetime 1s -parallel 1 "$1" 2>&1) || { echo "== $1 $2 FAILED"; echo "$out"; exit 1; }
  echo "== $1 $2"; tail -n 2 <<<"$out"
}
export -f one
xargs -P 2 -L 1 bash -c 'one "$0" "$1"' <<'TARGETS'
./internal/hl7v2 FuzzParse
./internal/x12 FuzzFile
./adapters/mllp FuzzFrames
./mappings/csv FuzzDecode
./mappings FuzzMapHL7
./mappings/x12 FuzzMappings
./mappings/sheet FuzzCSV
./mappings/json FuzzDecode
./fhir FuzzParse
./jobs/load FuzzReader
TARGETS
