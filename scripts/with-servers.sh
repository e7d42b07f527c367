#!/usr/bin/env bash
# Runs a command with the test servers up, and stops them afterwards.
set -euo pipefail
here=$(dirname "$0")
# Databases and temporary files of tests lie in memory where there is room: the
# tests kill processes, never the machine. Benchmarks set THROUGHLINE_ON_DISK=1,
# because what they measure is durable.
if [ -z "${THROUGHLINE_ON_DISK:-}" ] && [ -w /dev/shm ] && [ "$(df -Pm /dev/shm | awk 'NR==2 {print $4}')" -gt 4096 ]; then
  export TMPDIR; TMPDIR=$(mktemp -d /dev/shm/throughline.XXXXXX)
  chmod 755 "$TMPDIR"
fi
export THROUGHLINE_TEST_DIR=${THROUGHLINE_TEST_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/throughline-test.XXXXXX")}
trap '"$here/test-servers.sh" stop; rm -rf "$THROUGHLINE_TEST_DIR"; case "${TMPDIR:-}" in /dev/shm/throughline.*) rm -rf "$TMPDIR" ;; esac' EXIT
env=$("$here/test-servers.sh" start)
eval "$env"
"$@"
