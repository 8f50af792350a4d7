#!/bin/sh
# Runs notebooks in the real .NET Interactive, which it installs from the package registry into a folder of its own: through Jupyter, through the
# protocol that VS Code uses, and by dotnet-repl. Touches no tool and no kernel of the user's, ends with "N passed, N failed".
# Needs: a Release build and python3; for the part through Jupyter Debian's jupyter-client and jupyter-nbconvert.
# INTERACTIVE_TOOLS=folder keeps the tools between runs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if [ ! -f "$root/lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Notebooks.Interactive.dll" ]; then echo "Build first: dotnet build -c Release"; exit 2; fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tools=${INTERACTIVE_TOOLS:-$scratch/tools}
export DOTNET_INTERACTIVE_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
have() { # COMMAND PACKAGE VERSION
    [ -x "$tools/$1" ] && return
    dotnet tool install "$2" --version "$3" --tool-path "$tools" >"$scratch/install.log" 2>&1 && return
    tail -n 3 "$scratch/install.log"
    echo "skipped: $2 $3 cannot be had from the package registry"
    return 1
}
if ! have dotnet-interactive Microsoft.dotnet-interactive 1.0.712001; then echo "0 passed, 0 failed"; exit 0; fi
have dotnet-repl dotnet-repl 0.3.259

# Notebooks name their library by a path relative to their own folder.
mkdir -p "$scratch/notebooks" "$scratch/share/jupyter/kernels/.net-csharp"
ln -s "$root/lib" "$scratch/lib"
cat >"$scratch/share/jupyter/kernels/.net-csharp/kernel.json" <<JSON
{ "argv": ["$tools/dotnet-interactive", "jupyter", "--default-kernel", "csharp", "{connection_file}", "--http-port-range", "2048-3000"],
  "display_name": ".NET (C#)", "language": "C#",
  "env": { "Logging__LogLevel__Default": "Warning" } }
JSON
export INTERACTIVE_SCRATCH="$scratch" INTERACTIVE_TOOLS="$tools" KERNEL=.net-csharp
export JUPYTER_PATH="$scratch/share/jupyter" JUPYTER_DATA_DIR="$scratch/data"
export JUPYTER_RUNTIME_DIR="$scratch/runtime" JUPYTER_CONFIG_DIR="$scratch/config"
export PYTHONWARNINGS=ignore PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$here/../jupyter"
cd "$here" || exit 2
# Debian's packages are seen by Debian's Python only; the limit holds whatever a test waits for.
timeout --kill-after=10 900 /usr/bin/python3 ../jupyter/suite.py "$@"
status=$?
if [ $status -eq 124 ] || [ $status -eq 137 ]; then echo "0 passed, 1 failed (out of time)"; fi
exit $status
