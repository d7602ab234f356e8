#!/usr/bin/env bash
# What honest traffic loses beside slowloris, slow bodies, slow readers, idle connections and sprayed keys. See README.md; --help names the
# options. Needs some 10,000 more open files for this process and for the gateway each.
set -euo pipefail

ulimit -n "$(ulimit -Hn)"
if [[ $(ulimit -n) != unlimited && $(ulimit -n) -lt 12000 ]]; then
    echo "Needs 12,000 open files (ulimit -n), and may have $(ulimit -n)." >&2
    exit 1
fi
exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 512m Hostile "$@"
