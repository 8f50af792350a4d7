#!/usr/bin/env bash
# The failure drills with their full counts: 200 kills, every flipped bit, ten minutes of fuzzing and so on. About 12
# minutes on two quiet cores: damaged files on one, runs that are killed, stopped and crowded on the other. Needs the
# build (dotnet build -c Release); root for the drills on a full disk; MNIST in the data folder to drill with images
# (iresnet data mnist). Drills can be chosen: tests/drills.sh KillDrill. It ends with what every drill counted, and its
# last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.."

export IRESNET_DRILLS=full
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

# drills NAME FILTER
drills() {
    dotnet test tests/IResNet.Tests.Programs -c Release --no-build --filter "Category=Drill&$2" \
        --logger "console;verbosity=detailed" 2>&1 | grep --line-buffered -v '^\[xUnit' >"$log/$1"
}

if [ $# -gt 0 ]; then
    drills chosen "FullyQualifiedName~$1"
else
    drills files "(FullyQualifiedName~FuzzDrill|FullyQualifiedName~CorpusDrill|FullyQualifiedName~CorruptionDrill)" &
    drills runs "FullyQualifiedName!~FuzzDrill&FullyQualifiedName!~CorpusDrill&FullyQualifiedName!~CorruptionDrill"
    wait
fi

cat "$log"/*
passed=$(cat "$log"/* | grep -cE '^ +Passed IResNet')
failed=$(cat "$log"/* | grep -cE '^ +Failed IResNet')
((passed + failed > 0)) || failed=1
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
