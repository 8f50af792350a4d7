#!/usr/bin/env bash
# The failure drills with their full counts: 200 kills, every flipped bit, ten minutes of fuzzing and so on. About 25 minutes on two quiet cores.
# Needs the build (dotnet build -c Release); root for the drills on a full disk; MNIST in the data folder to drill with images (iresnet data mnist).
# Drills can be chosen: tests/drills.sh KillDrill. The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.."

export IRESNET_DRILLS=full
filter="Category=Drill"
[ $# -gt 0 ] && filter="$filter&FullyQualifiedName~$1"
log=$(mktemp)
dotnet test tests/IResNet.Tests -c Release --no-build --filter "$filter" --logger "console;verbosity=normal" 2>&1 | grep -v '^\[xUnit' | tee "$log"

passed=$(grep -cE '^ +Passed IResNet' "$log")
failed=$(grep -cE '^ +Failed IResNet' "$log")
((passed + failed > 0)) || failed=1
printf '%d passed, %d failed\n' "$passed" "$failed"
rm -f "$log"
((failed == 0))
