#!/usr/bin/env bash
# How fast events of the Admin Service are applied, and whether each is, though their consumer is killed. See README.md; --help names the options.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 512m AdminEvents "$@"
