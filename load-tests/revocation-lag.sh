#!/usr/bin/env bash
# From a revocation's commit to the refusal on each of three nodes, under load. See README.md; --help names the options.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 512m RevocationLag "$@"
