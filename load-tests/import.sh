#!/usr/bin/env bash
# Imports a hundred thousand clients with a key each through the management API, and asks for some of them. See README.md; --help names the
# options.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 256m ImportLoad "$@"
