# Sourced: the tools of .NET Interactive, installed from the package registry into a folder of their own, $tools.
# INTERACTIVE_TOOLS=folder keeps them between runs. Needs $scratch.
tools=${INTERACTIVE_TOOLS:-$scratch/tools}
export DOTNET_INTERACTIVE_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# have COMMAND PACKAGE VERSION: whether it can be had; if not, says so.
have() {
    [ -x "$tools/$1" ] && return
    dotnet tool install "$2" --version "$3" --tool-path "$tools" >"$scratch/install.log" 2>&1 && return
    tail -n 3 "$scratch/install.log"
    echo "skipped: $2 $3 cannot be had from the package registry"
    return 1
}

have_interactive() { have dotnet-interactive Microsoft.dotnet-interactive 1.0.712001; }

# interactive_kernel NAME: makes it known to Jupyter as kernel NAME, in $scratch alone. The tool takes the first free
# port of its range and ends where another one, started at the same moment, was quicker: each run has its own range.
interactive_kernel() {
    local port=$((20000 + $$ % 200 * 50))
    mkdir -p "$scratch/share/jupyter/kernels/$1"
    cat >"$scratch/share/jupyter/kernels/$1/kernel.json" <<JSON
{ "argv": ["$tools/dotnet-interactive", "jupyter", "--default-kernel", "csharp", "{connection_file}",
           "--http-port-range", "$port-$((port + 49))"],
  "display_name": ".NET (C#)", "language": "C#", "env": { "Logging__LogLevel__Default": "Warning" } }
JSON
}
