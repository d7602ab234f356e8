#!/usr/bin/env bash
# What one change costs a node that holds 1,000 to 1,000,000 clients, and what 100,000 changes at once do to the traffic meanwhile.
# See README.md; --help names the options.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 1g ChangeCost "$@"
