#!/usr/bin/env bash
# One training on several processes, through Open MPI: the losses are those of one process, a killed rank ends all with
# a checkpoint, checkpoints go on with another number of ranks, two network namespaces stand for two machines. Needs
# root and the build (dotnet build -c Release). Installs openmpi-bin if it is not there. About two minutes with
# RANKS="1 2" (CI), four with the default "1 2 4". The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../.."

. tests/checks.sh
work=$(mktemp -d /tmp/iresnet-mpi-XXXXXX)
program=$PWD/lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Workbook.dll
compare=$PWD/tests/mpi/compare.py
export OMP_NUM_THREADS=1

finish() {
    ip netns del "$space-a" 2>/dev/null
    ip netns del "$space-b" 2>/dev/null
    rm -rf "$work"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}
space=iresnet-$$
trap finish EXIT

if ! command -v mpirun >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends openmpi-bin >"$work/apt.log" 2>&1 || {
        tail -n 20 "$work/apt.log"
        failed=1
        exit 1
    }
fi
mpi=(mpirun --allow-run-as-root --oversubscribe)
iresnet() { dotnet "$program" "$@"; }

# A small density of MNIST with stochastic log-determinants, so that batches, probes and ActNorm's start all count.
settings=(--set model.blocks=2,2 model.hidden=8,8 model.spectralNorm.powerIterations=2
    training.batch=32 training.steps=50 training.warmUpSteps=10 training.initialExamples=128
    training.evaluateEvery=25 training.evaluationImages=50 training.averageDecay=0.9 run.samples=0 run.logEvery=1)
train() { # train RANKS FOLDER ARGUMENTS...
    local ranks=$1 folder=$2
    shift 2
    "${mpi[@]}" -np "$ranks" dotnet "$program" train --run "$work/$folder" "$@"
}

# --- the same losses --------------------------------------------------------------------------------------------------
alone() { iresnet train density-mnist "${settings[@]}" --run "$work/ranks1"; }
check "one process" alone
same() {
    train "$1" "ranks$1" density-mnist "${settings[@]}"
    python3 "$compare" "$work/ranks1" "$work/ranks$1"
}
for ranks in ${RANKS:-1 2 4}; do
    [ "$ranks" = 1 ] || check "$ranks ranks have its losses over 50 steps, and its test figure:" same "$ranks"
done

# --- another number of ranks ------------------------------------------------------------------------------------------
other() {
    train 2 resumed density-mnist "${settings[@]}" training.steps=30 run.checkpointEvery=10
    # With one process, then with two again.
    iresnet train --run "$work/resumed" --resume --set training.steps=40
    train 2 resumed --resume --set training.steps=50
    python3 "$compare" "$work/ranks1" "$work/resumed"
}
check "a run goes on with another number of ranks:" other
indivisible() {
    refused train 3 indivisible density-mnist "${settings[@]}" 2>"$work/errors"
    grep -q 'training.batch is 32, which 3 ranks cannot share equally: choose a multiple of 3' "$work/errors"
}
check "a batch that cannot be shared equally is refused" indivisible

# --- what ends a run --------------------------------------------------------------------------------------------------
step_of() { tail -n 1 "$work/$1/metrics.jsonl" 2>/dev/null | grep -oE '"step":[0-9]+' | grep -oE '[0-9]+' || echo 0; }
reaches() { # reaches FOLDER STEP
    local end=$((SECONDS + 240))
    until [ "$(step_of "$1")" -ge "$2" ]; do
        ((SECONDS < end)) || return 1
        sleep 0.2
    done
}
# The processes of a run, the first rank's first: mpirun starts them in order.
ranks_of() { pgrep -f -- "^dotnet .* train --run $work/$1( |\$)" | sort -n; }
long() { # long FOLDER ARGUMENTS-OF-MPIRUN...: in the background, its process in $job.
    "${mpi[@]}" "${@:2}" -np 2 dotnet "$program" train --run "$work/$1" density-mnist "${settings[@]}" \
        training.steps=100000 run.checkpointEvery=20 training.evaluateEvery=1000 >"$work/$1.log" 2>&1 &
    job=$!
    trap 'kill -9 "$job" $(ranks_of "$run") 2>/dev/null || true' EXIT # under set -e its status would be the check's
    run=$1
    reaches "$1" 50
}
ended() { # ended FOLDER: mpirun ends with an error, and soon no process is left.
    timeout 120 tail --pid="$job" -f /dev/null
    refused wait "$job"
    local end=$((SECONDS + 10))
    while ranks_of "$1"; do
        ((SECONDS < end)) || return 1
        sleep 0.2
    done
}
state_is() { # state_is FOLDER STATE
    grep '"state"' "$work/$1/summary.json"
    grep -q "\"state\": \"$2\"" "$work/$1/summary.json"
}
goes_on() { # goes_on FOLDER: alone, from a checkpoint.
    local last=$(($(step_of "$1") + 30))
    iresnet train --run "$work/$1" --resume --set "training.steps=$last" | tee "$work/again"
    grep -q 'continues from step' "$work/again"
}
killed() {
    long killed
    kill -9 "$(ranks_of killed | tail -n 1)"
    ended killed
    goes_on killed
}
check "a killed rank ends all, and the run goes on from its checkpoint" killed
asked() {
    long asked
    kill -USR1 "$(ranks_of asked | tail -n 1)"
    ended asked
    state_is asked interrupted
    goes_on asked
}
check "a signal to a rank that is not the first stops all with a checkpoint" asked
interrupted() {
    # mpirun gives the ranks a second to save, unless told otherwise; it waits as long before it asks them, and takes
    # none of their output meanwhile: hence few evaluations, as a rank that cannot print does not hear.
    long interrupted --mca odls_base_sigkill_timeout 10
    kill -INT "$job"
    ended interrupted
    state_is interrupted interrupted
}
check "Ctrl-C stops all with a checkpoint" interrupted
diverged() {
    refused train 2 diverged density-mnist "${settings[@]}" training.maxLoss=0.001 2>"$work/errors"
    grep -q 'the loss exploded' "$work/errors"
    state_is diverged diverged
}
check "divergence ends all, and is said once" diverged

# --- what is missing --------------------------------------------------------------------------------------------------
without() {
    local library
    library=$(readlink -f "$(ldconfig -p | sed -n 's/.*libmpi.so.40 .*=> //p' | head -n 1)")
    refused unshare --mount sh -c "mount --bind /dev/null '$library' &&
        OMPI_COMM_WORLD_SIZE=2 dotnet '$program' train density-toy --run '$work/without'" 2>"$work/errors"
    grep -q 'apt-get install openmpi-bin' "$work/errors"
}
if unshare --mount true 2>/dev/null; then check "without Open MPI the package is named" without; fi
strangers() {
    refused env SLURM_STEP_NUM_TASKS=2 dotnet "$program" train density-toy --run "$work/strangers" 2>"$work/errors"
    grep -q 'each sees only itself' "$work/errors"
}
check "processes that do not see each other are refused" strangers

# --- two machines -----------------------------------------------------------------------------------------------------
two_addresses() {
    ip netns add "$space-a" && ip netns add "$space-b" &&
        ip link add "va$$" netns "$space-a" type veth peer name "vb$$" netns "$space-b" || return 1
    ip -n "$space-a" addr add 10.77.0.1/24 dev "va$$" && ip -n "$space-b" addr add 10.77.0.2/24 dev "vb$$"
    ip -n "$space-a" link set "va$$" up && ip -n "$space-b" link set "vb$$" up
    ip -n "$space-a" link set lo up && ip -n "$space-b" link set lo up
}
machines() {
    # Instead of ssh: the other machine is the other namespace.
    printf '#!/bin/sh\nshift\nexec ip netns exec %s sh -c "$*"\n' "$space-b" >"$work/agent"
    chmod +x "$work/agent"
    ip netns exec "$space-a" mpirun --allow-run-as-root --host 10.77.0.1:1,10.77.0.2:1 -np 2 \
        --mca plm rsh --mca plm_rsh_agent "$work/agent" \
        --mca btl self,tcp --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
        -x OMP_NUM_THREADS -x IRESNET_DATA -x HOME \
        dotnet "$program" train --run "$work/machines" density-mnist "${settings[@]}"
    # The gradients went over the wire.
    local bytes
    bytes=$(ip netns exec "$space-a" cat "/sys/class/net/va$$/statistics/tx_bytes" 2>/dev/null ||
        ip -n "$space-a" -s link show "va$$" | awk '/TX/ {getline; print $1}')
    [ "$bytes" -gt 1000000 ]
    python3 "$compare" "$work/ranks1" "$work/machines"
}
if two_addresses >"$work/log" 2>&1; then
    check "two network namespaces with an address each:" machines
else
    printf 'skipped: no network namespaces here (%s)\n' "$(tail -n 1 "$work/log")"
fi
