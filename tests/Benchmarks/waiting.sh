#!/usr/bin/env bash
# How libtorch's threads wait for each other, and what it costs: training steps by torch's operations and by our
# kernels, alone and with one core busy, under the library's own rule and under the settings that it is to be near.
# Prints a table of least times in ms. About 6 minutes; the machine must be quiet, with two cores or held to two:
# taskset -c 0,1 bash tests/Benchmarks/waiting.sh
#
#     bash tests/Benchmarks/waiting.sh [ROW ...]
#
# Rows: neumann paper neumann-busy paper-busy classifier-{mnist28,cifar,paper}; seconds a cell: SECONDS_A_CASE=3.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${SECONDS_A_CASE:-3}
program=${PROGRAM:-lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Workbook.dll}
[ -n "${PROGRAM:-}" ] || dotnet build -c Release lib/IResNet.Workbook -v quiet --nologo

busy=""
trap '[ -z "$busy" ] || kill "$busy"' EXIT

# The least time of a case. A process whose working set lies badly in the caches stays slow, so there are two.
cell() { # settings case arguments
    for _ in 1 2; do
        # shellcheck disable=SC2086
        env $1 dotnet "$program" bench --in-process --seconds "$seconds" --case "${@:2}"
    done | sed -n 's/.*: median .*, min \([0-9.]*\) ms.*/\1/p' | sort -g | head -1
}

# A processor without AVX-512.
avx2="DOTNET_EnableAVX512=0 DOTNET_EnableAVX512F=0 ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2"
# "-u X" as settings: env leaves the variable out, so that nothing set outside reaches the rule.
rule="-u OMP_WAIT_POLICY -u GOMP_SPINCOUNT"

row() { # name settings case arguments
    local line="| $1 |"
    for policy in "" OMP_WAIT_POLICY=PASSIVE OMP_WAIT_POLICY=ACTIVE GOMP_SPINCOUNT=10000; do
        line+=" $(cell "$rule $2 $policy" "${@:3}") |"
    done
    echo "$line $(cell "$rule $2" "${@:3}" --threads 1) |"
}

with_busy_core() {
    while :; do :; done &
    busy=$!
    "$@"
    kill "$busy"
    wait "$busy" 2>/dev/null || true
    busy=""
}

neumann() { row "$1" "IRESNET_BACKEND=reference $avx2" density_mnist28_b32_n5_pi5; }
paper() { row "$1" IRESNET_BACKEND=reference density_mnist28_b32_n5_pi5 --estimator paper; }

echo "| step | library | PASSIVE | ACTIVE | spin 10,000 | one thread |"
echo "|---|---|---|---|---|---|"
for name in ${@:-neumann paper neumann-busy paper-busy classifier-mnist28 classifier-cifar classifier-paper}; do
    case $name in
        neumann) neumann "Neumann, torch, AVX2" ;;
        paper) paper "the paper's algorithm, torch" ;;
        neumann-busy) with_busy_core neumann "Neumann, torch, AVX2, one core busy" ;;
        paper-busy) with_busy_core paper "the paper's algorithm, torch, one core busy" ;;
        classifier-mnist28) row "classifier, kernels, mnist28 b 32" "-u IRESNET_BACKEND" classifier_mnist28_b32_pi1 ;;
        classifier-cifar) row "classifier, kernels, cifar b 32" "-u IRESNET_BACKEND" classifier_cifar_b32_pi1 ;;
        classifier-paper)
            row "classifier, kernels, the paper's, b 128" "-u IRESNET_BACKEND" classifier_paper_b128_pi1
            ;;
        *) echo "There is no row $name." >&2; exit 2 ;;
    esac
done
