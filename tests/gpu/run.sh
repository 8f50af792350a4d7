#!/usr/bin/env bash
# The library against a libtorch 2.10 that is already on a machine: one with CUDA on a GPU machine, or any other.
#
#   bash tests/gpu/run.sh publish FOLDER            program, tests and fixtures with .NET itself and without libtorch
#   bash FOLDER/run.sh check LIBTORCH [DEVICE]      after FOLDER was copied to the machine; DEVICE is cuda or cpu
#
# LIBTORCH is the folder with libtorch.so (libtorch/lib, or torch/lib of a PyTorch). The checks: no symbol is missing;
# doctor names the devices; the mathematics' tests and the parity fixtures of the official code pass; a run trains on
# DEVICE, samples and is certified there; bench runs. Each of them alone, with LD_LIBRARY_PATH=LIBTORCH set:
#
#   FOLDER/tests/IResNet.Tests -namespace IResNet.Tests.LogDet
#   IRESNET_FIXTURES=FOLDER/fixtures FOLDER/tests/IResNet.Tests -trait Category=OfficialParity
#   FOLDER/iresnet/IResNet.Workbook bench
#   FOLDER/iresnet/IResNet.Workbook run FOLDER/notebooks/00-start-here.ipynb
#
# The last needs MNIST: the folder that IRESNET_DATA names, or the network. Tests and bench compute on the CPU, by the
# libtorch that was given; what runs on the GPU are the checks with DEVICE. The last line is "N passed, N failed".
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

publish() {
    local folder root="$here/../.." build
    mkdir -p "$1" && folder=$(cd "$1" && pwd) || return 1
    build=$(mktemp -d)
    for project in lib/IResNet.Workbook:iresnet tests/IResNet.Tests:tests; do
        # Built apart: what lies in bin and obj keeps its libtorch.
        dotnet publish "$root/${project%:*}" -c Release -r linux-x64 -p:SelfContained=true -p:TorchBackend=none \
            --artifacts-path "$build" -o "$folder/${project#*:}" --nologo -v q || return 1
    done
    rm -rf "$build"
    mkdir -p "$folder/notebooks"
    cp -r "$root/tests/IResNet.Tests/fixtures/official/." "$folder/fixtures"
    cp "$root/notebooks/00-start-here.ipynb" "$folder/notebooks"
    cp "${BASH_SOURCE[0]}" "$folder/run.sh"
    du -sh "$folder"
}

passed=0
failed=0
check() {
    local name=$1
    shift
    printf '== %s\n' "$name"
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)) && printf 'FAILED: %s\n' "$name"; fi
}

symbols() { ! ldd -r "$here/iresnet/libLibTorchSharp.so" | grep -E 'undefined symbol|=> not found'; }

iresnet() { "$here/iresnet/IResNet.Workbook" "$@"; }

# The namespaces of the mathematics, whose tests need nothing of the sources.
maths() {
    local part namespaces=()
    for part in Blocks Coupling Inverse LogDet Models SpectralNorm; do
        namespaces+=(-namespace "IResNet.Tests.$part")
    done
    "$here/tests/IResNet.Tests" "${namespaces[@]}" -noLogo
}

checks() {
    export LD_LIBRARY_PATH="$1${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    local device=${2:-cuda} run
    run=$(mktemp -d)
    check "no symbol is missing" symbols
    check "doctor" iresnet doctor
    check "a run trains on $device" iresnet train density-toy --preset quick --device "$device" --run "$run/toy" \
        --set training.steps=20 --set training.evaluateEvery=10
    check "it samples there" iresnet sample "$run/toy" --device "$device" --output "$run/samples.safetensors"
    check "it is certified there" iresnet certify "$run/toy" --device "$device"
    check "the tests of the mathematics" maths
    IRESNET_FIXTURES="$here/fixtures" check "parity with the official code" \
        "$here/tests/IResNet.Tests" -trait Category=OfficialParity -noLogo
    check "bench, its first case" iresnet bench --seconds 1 --case "$(iresnet bench --list | head -n 1)"
    rm -rf "$run"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}

case "${1:-}:$#" in
    publish:2) publish "$2" ;;
    check:2 | check:3) shift && checks "$@" ;;
    *) sed -n '4,5s/^# *//p' "${BASH_SOURCE[0]}" && exit 2 ;;
esac
