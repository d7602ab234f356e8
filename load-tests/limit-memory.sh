#!/usr/bin/env bash
# What a million limited subjects hold in memory, and that another million hold no more.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 3g LimitMemory "$@"
