#!/usr/bin/env bash
# Runs a command with the test servers up, and stops them afterwards.
set -euo pipefail
here=$(dirname "$0")
export THROUGHLINE_TEST_DIR=${THROUGHLINE_TEST_DIR:-$(mktemp -d /tmp/throughline-test.XXXXXX)}
trap '"$here/test-servers.sh" stop; rm -rf "$THROUGHLINE_TEST_DIR"' EXIT
env=$("$here/test-servers.sh" start)
eval "$env"
"$@"
