#!/usr/bin/env bash
# iresnet sweep on a real Slurm: a cluster of one node on this machine, without systemd, in a folder of its own. Tasks
# are requeued by the scheduler, cancelled, killed and stopped by their time limit; each ends with the weights of the
# run that was never stopped. Needs root and the build (dotnet build -c Release). Installs slurm-wlm and munge if they
# are not there. About five minutes. The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../.."

passed=0
failed=0
work=$(mktemp -d /tmp/iresnet-slurm-XXXXXX)
export SLURM_CONF=$work/slurm.conf OMP_NUM_THREADS=1

check() { # check NAME COMMAND...
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        printf 'ok    %s\n' "$name"
    else
        failed=$((failed + 1))
        printf 'FAIL  %s\n' "$name"
    fi
}

finish() {
    scancel --me 2>/dev/null
    for daemon in slurmd slurmctld munged; do
        [ -s "$work/$daemon.pid" ] && kill "$(cat "$work/$daemon.pid")" 2>/dev/null
    done
    sleep 1
    if ((failed > 0)); then
        tail -n 20 "$work"/*.log "$work"/runs/*/slurm-*.log 2>/dev/null
        printf 'kept for a look: %s\n' "$work"
    else
        rm -rf "$work"
    fi
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}
trap finish EXIT

iresnet() { dotnet "$PWD/lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Workbook.dll" "$@"; }

# until SECONDS COMMAND...: waits until the command succeeds.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        sleep 0.3
    done
}

if ! command -v slurmctld slurmd sbatch munged >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >/dev/null &&
        apt-get install -y -q --no-install-recommends slurm-wlm munge >"$work/apt.log" 2>&1 || {
        tail -n 20 "$work/apt.log"
        failed=1
        exit 1
    }
fi

# Slurm looks for PMIx, by which srun connects Open MPI's processes, under the name that Debian has in libpmix-dev.
if ! command -v mpirun >/dev/null || [ ! -e "/usr/lib/$(uname -m)-linux-gnu/pmix2/lib/libpmix.so" ]; then
    apt-get update -q >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends openmpi-bin libpmix-dev \
        >"$work/apt.log" 2>&1 || tail -n 5 "$work/apt.log"
fi

# --- the cluster ------------------------------------------------------------------------------------------------------
host=$(hostname -s)
mkdir -p "$work"/{state,spool,runs}
chmod 755 "$work"
dd if=/dev/urandom of="$work/munge.key" bs=128 count=1 status=none
chmod 400 "$work/munge.key"
munged --force --key-file="$work/munge.key" --socket="$work/munge.socket" --pid-file="$work/munged.pid" \
    --log-file="$work/munged.log" --seed-file="$work/munge.seed"
cat >"$SLURM_CONF" <<EOF
ClusterName=iresnet
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$work/munge.socket
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
ReturnToService=2
KillWait=20
OverTimeLimit=0
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
EOF
slurmctld
slurmd
check "the cluster is up" until_true 30 bash -c "sinfo --noheader --format=%t | grep -q idle"

# --- the sweep --------------------------------------------------------------------------------------------------------
cat >"$work/sweep.json" <<EOF
{
  "name": "drill", "experiment": "density-toy", "preset": "quick",
  "set": { "model.blocks": 4, "model.hidden": [16, 16], "training.steps": 6000, "training.batch": 64,
           "training.evaluateEvery": 500, "training.evaluationPoints": 200,
           "run.samples": 0, "run.logEvery": 1, "run.checkpointEvery": 50 },
  "vary": { "model.coefficient": [0.9, 0.5] },
  "seeds": [1, 2]
}
EOF
iresnet sweep "$work/sweep.json" --folder "$work/runs/local" --threads 1 --jobs 2 >"$work/local.log"
check "the sweep on this machine, two at a time" test $? = 0

iresnet sweep "$work/sweep.json" --folder "$work/runs/slurm" --threads 1 --slurm >"$work/submit.log"
check "submitted" test $? = 0
job=$(cat "$work/runs/slurm/slurm-job.txt")
runs=("$work"/runs/slurm/0*)
step_of() { tail -n 1 "$1/metrics.jsonl" 2>/dev/null | grep -oE '"step":[0-9]+' | grep -oE '[0-9]+' || echo 0; }
reached() { [ "$(step_of "$1")" -ge "$2" ]; }
state_is() { squeue --noheader --array --jobs="$1" --format=%T | grep -q "$2"; }
# A requeued task starts some minutes later; the test does not wait that long. Not at once either: the node refuses a
# job that it has just killed.
now() { sleep 3 && scontrol update jobid="$1" starttime=now; }

check "a second submission is refused while the first runs" bash -c "
    ! dotnet '$PWD/lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Workbook.dll' sweep '$work/sweep.json' \
        --folder '$work/runs/slurm' --slurm 2>'$work/second.log' &&
        grep -q 'still queued or running' '$work/second.log'"

# All four run at once. Task 1: the scheduler kills it and puts it back into the queue.
for task in 1 2 3; do check "task $task reaches step 300" until_true 120 reached "${runs[task - 1]}" 300; done
check "status shows the states of folder and queue" bash -c "
    dotnet '$PWD/lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Workbook.dll' sweep '$work/sweep.json' \
        --folder '$work/runs/slurm' --status | tee '$work/status.log' | grep -qE 'running +[0-9]+/6000 +RUNNING'"
scontrol requeue "${job}_1"
# Task 2: its process is killed with -9. Slurm calls that failed; the sweep is submitted again at the end.
kill -9 "$(pgrep -f -- "train --run ${runs[1]}")"
# Task 3: cancelled. It saves and ends, and is not requeued.
scancel "${job}_3"
check "task 1 is back in the queue" until_true 60 state_is "${job}_1" PENDING
check "task 3 saves a checkpoint when it is cancelled" \
    until_true 60 grep -q '"state": "interrupted"' "${runs[2]}/summary.json"
now "${job}_1"
# Task 1 again.
check "task 1 goes on to step 1500" until_true 180 reached "${runs[0]}" 1500
scontrol requeue "${job}_1"
check "task 1 is back in the queue again" until_true 60 state_is "${job}_1" PENDING
now "${job}_1"

check "all tasks end" until_true 300 bash -c "[ -z \"\$(squeue --noheader --jobs=$job)\" ]"
iresnet sweep "$work/sweep.json" --folder "$work/runs/slurm" --threads 1 --slurm >"$work/again.log"
check "submitted again for what is not finished" grep -q '^2 tasks submitted' "$work/again.log"
check "all tasks end" \
    until_true 300 bash -c "[ -z \"\$(squeue --noheader --jobs=$(cat "$work/runs/slurm/slurm-job.txt"))\" ]"

iresnet collect "$work/runs/slurm" --output "$work/slurm.csv" >/dev/null
iresnet collect "$work/runs/local" --output "$work/local.csv" >/dev/null
check "all four runs are finished" test "$(grep -c ',finished,6000,' "$work/slurm.csv")" = 4
weights() { rev "$1" | cut -d, -f1 | rev; }
check "their weights are those of the runs that were never stopped" \
    diff <(weights "$work/local.csv") <(weights "$work/slurm.csv")
check "task 1 was continued twice or more" \
    test "$(grep -oE '"resumed": [0-9]+' "${runs[0]}/summary.json" | grep -oE '[0-9]+')" -ge 2

# --- the time limit ---------------------------------------------------------------------------------------------------
# Slurm signals two minutes before the limit, and looks once a minute: a run of three minutes' limit is stopped after
# one to two, and goes on by itself.
sed -e 's/"drill"/"limit"/' -e 's/6000/1000000/' -e 's/\[0.9, 0.5\]/[0.9]/' -e 's/\[1, 2\]/[1]/' \
    "$work/sweep.json" >"$work/limit.json"
iresnet sweep "$work/limit.json" --folder "$work/runs/limit" --threads 1 --slurm --time 00:03:00 >/dev/null
job=$(cat "$work/runs/limit/slurm-job.txt")
limited=("$work"/runs/limit/0*)
check "before its time limit a task saves a checkpoint" \
    until_true 170 grep -q '"state": "interrupted"' "${limited[0]}/summary.json"
check "and puts itself back into the queue" until_true 30 state_is "${job}_1" PENDING
now "${job}_1"
check "and goes on" until_true 60 grep -q '"resumed": 1' "${limited[0]}/summary.json"
scancel "$job"

# --- one run on two tasks ---------------------------------------------------------------------------------------------
# Both ways of starting ranks within a job: Slurm's own, by which it knows each process, and Open MPI's.
two() { # two NAME LAUNCHER...
    local name=$1
    shift
    cat >"$work/$name.sh" <<EOF
#!/bin/sh
exec $* dotnet "$PWD/lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Workbook.dll" train density-toy \\
    --run "$work/runs/$name" --set model.blocks=4 model.hidden=16,16 training.steps=50 training.batch=64 \\
    training.evaluationPoints=200 run.samples=0
EOF
    check "a job of two tasks is submitted, started by $1" sbatch --ntasks=2 --output="$work/$name.log" "$work/$name.sh"
    check "and trains one run on both" until_true 120 grep -q '"state": "finished"' "$work/runs/$name/summary.json"
    check "with two ranks" grep -q '"ranks": 2' "$work/runs/$name/summary.json"
}
two mpirun mpirun --allow-run-as-root -np 2
two srun srun --mpi=pmix
