#!/usr/bin/env bash
# Fuzzes what reads partners' bytes, each target for the given time: the HL7 v2
# parser, MLLP framing, X12 interchanges, and CSV tables. scripts/fuzz.sh runs all.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-60s}
while read -r package target; do
  echo "== $package $target"
  go test -tags nomsgpack -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1s "$package"
done <<'TARGETS'
./internal/hl7v2 FuzzParse
./adapters/mllp FuzzFrames
./internal/x12 FuzzFile
./mappings/csv FuzzDecode
TARGETS
