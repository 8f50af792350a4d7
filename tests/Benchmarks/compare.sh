#!/usr/bin/env bash
# Times this library, the paper's algorithm in this library and, where OFFICIAL_IRESNET names a checkout, the official
# code: each case in turn, each in a fresh process, so that a machine that changes its speed changes it for all. Writes
# results.json and the figures of RESULTS.md. About 12 minutes on two quiet cores. The official code needs Debian's
# python3-torch, python3-scipy and libopenblas0-pthread.
#
#     OFFICIAL_IRESNET=folder bash tests/Benchmarks/compare.sh [NAME ...]
#     OFFICIAL_IRESNET=folder bash tests/Benchmarks/compare.sh --avx2 [NAME ...]
#
# By default all cases; seconds per case: SECONDS_A_CASE=5. With --avx2 neither side may use AVX-512, as on most
# laptops: results-avx2.json, by default the training steps and the inverses.
set -euo pipefail
cd "$(dirname "$0")/../.."

results=results.json
if [ "${1:-}" = --avx2 ]; then
    shift
    results=results-avx2.json
    export DOTNET_EnableAVX512=0 ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 OPENBLAS_CORETYPE=Haswell
fi
seconds=${SECONDS_A_CASE:-5}
python=${PYTHON:-/usr/bin/python3}
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
mkdir "$parts/ours" "$parts/paper" "$parts/official"

dotnet build -c Release lib/IResNet.Workbook -v quiet --nologo
bench() {
    dotnet lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Workbook.dll bench --in-process --seconds "$seconds" "$@"
}

names=${*:-$(bench --list)}
if [ $# = 0 ] && [ $results != results.json ]; then
    names=$(grep -E '^(density|classifier|inverse|toy)_' <<<"$names")
fi
for name in $names; do
    bench --case "$name" --json "$parts/ours/$name.json"
    case $name in
        density_*|*_5terms|scaling) bench --case "$name" --estimator paper --json "$parts/paper/$name.json" ;;
    esac
    if [ -n "${OFFICIAL_IRESNET:-}" ] && "$python" tests/Benchmarks/official.py --has "$name"; then
        "$python" tests/Benchmarks/official.py --seconds "$seconds" --case "$name" --json "$parts/official/$name.json"
    fi
done
"$python" tests/Benchmarks/tables.py --collect "$parts" --as $results
