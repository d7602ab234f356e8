#!/usr/bin/env bash
# CPU per warm /auth request: the gateway against a bare Vert.x server, by turns in one run. See README.md; --help names the options.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 256m WarmCost "$@"
