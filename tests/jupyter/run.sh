#!/bin/sh
# Checks the built kernel through Debian's Jupyter. Installs nothing, touches no kernel of the user's, ends with
# "N passed, N failed". Needs:
#     apt-get install python3-jupyter-kernel-test jupyter-client jupyter-nbconvert python3-nbformat
# and, in JupyterLab's notebook, with .NET Interactive as well, npm and
#     apt-get install python3-jupyter-server chromium
# LAB_SCREENSHOTS=folder keeps pictures.
set -u
here=$(cd "$(dirname "$0")" && pwd)
workbook="$here/../../lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Workbook.dll"
if [ ! -f "$workbook" ]; then echo "Build first: dotnet build -c Release"; exit 2; fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
dotnet "$workbook" kernel install --prefix "$scratch" > "$scratch/install.log" || {
    cat "$scratch/install.log"
    exit 2
}
. "$here/../interactive/tools.sh"
if have_interactive; then interactive_kernel dotnet-interactive; fi
export JUPYTER_PATH="$scratch/share/jupyter" JUPYTER_DATA_DIR="$scratch/data"
export JUPYTER_RUNTIME_DIR="$scratch/runtime" JUPYTER_CONFIG_DIR="$scratch/config"
export PYTHONWARNINGS=ignore PYTHONDONTWRITEBYTECODE=1
cd "$here" || exit 2
# Debian's packages are seen by Debian's Python only; the limit holds whatever a test waits for.
timeout --kill-after=10 1500 /usr/bin/python3 suite.py "$@"
status=$?
if [ $status -eq 124 ] || [ $status -eq 137 ]; then echo "0 passed, 1 failed (out of time)"; fi
exit $status
