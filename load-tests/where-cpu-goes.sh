#!/usr/bin/env bash
# Where a warm /auth request spends its CPU, beside where a bare Vert.x server does: warm-cost.sh with execution samples of both.
# The sampling costs a little itself: take the ratio from warm-cost.sh.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/warm-cost.sh" --profile "$@"
