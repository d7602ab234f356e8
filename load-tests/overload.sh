#!/usr/bin/env bash
# Three times as many misses as the database can answer: what is still answered, and how fast the rest is told to come again.
# See README.md; --help names the options.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 1g Overload "$@"
