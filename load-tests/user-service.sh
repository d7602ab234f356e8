#!/usr/bin/env bash
# What other traffic loses while the User Service is slow, failing by half, down or lying. See README.md; --help names the options.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/run-tool.sh" 512m UserServiceFaults "$@"
