#!/usr/bin/env bash
# Three gateways and far more calls than a limit admits: what each window has admitted. See README.md; --help names the options.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 256m LimitHolds "$@"
