#!/usr/bin/env bash
# Compares a million clients with the Admin Service's, with differences planted among them: twice, and once stopped, killed and gone on with.
# See README.md; --help names the options.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 512m SyncLoad "$@"
