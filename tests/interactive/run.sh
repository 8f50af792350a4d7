#!/bin/sh
# Runs notebooks in the real .NET Interactive, which it installs from the package registry into a folder of its own:
# through Jupyter, through the protocol that VS Code uses, and by dotnet-repl. Touches no tool and no kernel of the
# user's, ends with "N passed, N failed". Needs: a Release build and python3; for the part through Jupyter Debian's
# jupyter-client and jupyter-nbconvert. INTERACTIVE_TOOLS=folder keeps the tools between runs. "run.sh everywhere" runs
# every notebook in every host instead: everywhere.py.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if [ ! -f "$root/lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Notebooks.Interactive.dll" ]; then
    echo "Build first: dotnet build -c Release"
    exit 2
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. "$here/tools.sh"
if ! have_interactive; then echo "0 passed, 0 failed"; exit 0; fi
have dotnet-repl dotnet-repl 0.3.259

# Notebooks name their library by a path relative to their own folder.
mkdir -p "$scratch/notebooks"
ln -s "$root/lib" "$scratch/lib"
ln -s "$root/notebooks/weights" "$scratch/notebooks/weights"
ln -s "$root/notebooks/sweeps" "$scratch/notebooks/sweeps"
interactive_kernel .net-csharp
export INTERACTIVE_SCRATCH="$scratch" INTERACTIVE_TOOLS="$tools" KERNEL=.net-csharp
export JUPYTER_PATH="$scratch/share/jupyter" JUPYTER_DATA_DIR="$scratch/data"
export JUPYTER_RUNTIME_DIR="$scratch/runtime" JUPYTER_CONFIG_DIR="$scratch/config"
export PYTHONWARNINGS=ignore PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$here/../jupyter"
cd "$here" || exit 2
if [ "${1:-}" = everywhere ]; then
    shift
    workbook="$root/lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Workbook.dll"
    dotnet "$workbook" kernel install --prefix "$scratch" >/dev/null || exit 2
    /usr/bin/python3 everywhere.py "$@"
    exit $?
fi
# Debian's packages are seen by Debian's Python only; the limit holds whatever a test waits for.
timeout --kill-after=10 900 /usr/bin/python3 ../jupyter/suite.py "$@"
status=$?
if [ $status -eq 124 ] || [ $status -eq 137 ]; then echo "0 passed, 1 failed (out of time)"; fi
exit $status
