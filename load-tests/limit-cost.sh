#!/usr/bin/env bash
# CPU and rate of warm requests with a limit, against the same without, by turns in one run. See README.md; --help names the options.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 256m LimitCost "$@"
