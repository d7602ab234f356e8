#!/usr/bin/env bash
# Whether a sync repairs and reports exactly what differs, how fast, and in how much memory. See README.md; --help names the options.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 256m SyncOfAll "$@"
