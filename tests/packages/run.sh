#!/usr/bin/env bash
# The packages, as a person uses them who has the SDK and a folder with them: everything happens in folders that know
# nothing of this repository. The last line is "N passed, N failed". About four minutes. INTERACTIVE_TOOLS=folder keeps
# .NET Interactive between runs.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

. "$root/tests/checks.sh"
work=$(mktemp -d /tmp/iresnet-packages-XXXXXX)
feed=$work/feed
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' "$root/Directory.Build.props")
# Our packages must not stay in the user's cache, where they would hide the next build; all others are taken from there.
NUGET_FALLBACK_PACKAGES=${NUGET_PACKAGES:-$HOME/.nuget/packages}
NUGET_PACKAGES=$work/cache
# What is kept for a user (mended copies, restored notebooks) must be made here as well.
XDG_DATA_HOME=$work/data
export NUGET_PACKAGES NUGET_FALLBACK_PACKAGES XDG_DATA_HOME DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
trap finish EXIT

finish() {
    dotnet build-server shutdown >/dev/null 2>&1
    rm -rf "$work"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}

folder() { # folder NAME: an empty one that takes packages from the feed too.
    mkdir -p "$work/$1" && cd "$work/$1" || exit 2
    printf '<configuration><packageSources><add key="iresnet" value="%s" /></packageSources></configuration>\n' \
        "$feed" >nuget.config
}

# --- the packages ----------------------------------------------------------------------------------------------------
pack() { cd "$root" && dotnet pack -c Release -v q -o "$feed"; }
check "dotnet pack" pack
all_there() {
    cd "$feed"
    for id in IResNet IResNet.Cpu IResNet.Experiments IResNet.Notebooks; do
        test -s "$id.$version.nupkg" -a -s "$id.$version.snupkg"
        unzip -l "$id.$version.nupkg" >"$work/list"
        grep -q "lib/net10.0/$id.xml" "$work/list" && grep -q README.md "$work/list"
        unzip -p "$id.$version.nupkg" "$id.nuspec" | grep -q '<license type="expression">MIT</license>'
    done
    test -s "IResNet.Tool.$version.nupkg"
    test "$(find . -name '*.nupkg' | wc -l)" = 5
}
check "five packages, with README, licence, documentation and symbols" all_there
no_path() {
    unzip -q -o "$feed/IResNet.Experiments.$version.nupkg" lib/net10.0/IResNet.Experiments.dll -d "$work"
    grep -q /_/lib/ "$work/lib/net10.0/IResNet.Experiments.dll"
    refused grep -q "$root" "$work/lib/net10.0/IResNet.Experiments.dll"
}
check "no path of this machine in what is packed" no_path

# --- programs --------------------------------------------------------------------------------------------------------
program() {
    cat <<'CODE'
using IResNet;
using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

NativeRuntime.Configure();
TorchSharp.torch.manual_seed(1);
var flow = new ToyFlow(new ToyFlowConfig { Blocks = 4, Hidden = [16, 16] });
var options = new ToyTrainingOptions { Steps = 400, Batch = 200, LearningRate = 0.01 };
var run = await ToyTraining.Run(flow, ToyData.Names[0], options);
Console.WriteLine($"{Backends.Reason}; loss {run.Losses[0]:F2} to {run.Losses[^1]:F2}; test {run.Test}");
// Batches scatter: the last ten against the first ten.
if (run.Losses.TakeLast(10).Average() >= run.Losses.Take(10).Average())
    throw new InvalidOperationException("It did not learn.");
// The mended assembly keeps arguments alive.
var debuggable = (System.Diagnostics.DebuggableAttribute)
    Attribute.GetCustomAttribute(typeof(TorchSharp.torch).Assembly, typeof(System.Diagnostics.DebuggableAttribute))!;
if (!debuggable.IsJITOptimizerDisabled)
    throw new InvalidOperationException("TorchSharp.dll is not mended.");
CODE
}
console() {
    folder console
    dotnet new console --name toy --output .
    dotnet add package IResNet.Experiments --version "$version"
    program >Program.cs
    dotnet run | tee out.txt
    grep -q 'IResNet.Cpu is installed' out.txt
    # Of all platforms' libtorch, only this one's is copied.
    test ! -e bin/Debug/net10.0/runtimes/win-x64/native/torch_cpu.dll
}
check "a console project trains a flow" console
published() {
    cd "$work/console"
    dotnet publish -v q -r "$(dotnet --info | sed -n 's/^ *RID: *//p')" --no-self-contained -o ../published
    ../published/toy
}
check "and runs where it is published for a platform" published
file_based() {
    folder file
    { printf '#:package IResNet.Experiments@%s\n' "$version"; program; } >toy.cs
    dotnet run toy.cs
}
check "a file-based app trains a flow" file_based

# --- the tool --------------------------------------------------------------------------------------------------------
iresnet=$work/tools/iresnet
install() { folder tool && dotnet tool install IResNet.Tool --version "$version" --tool-path "$work/tools"; }
check "the tool installs" install
check "iresnet doctor" "$iresnet" doctor
data() { cd "$work/tool" && "$iresnet" data mnist; }
check "iresnet data" data
notebook() { # notebook FILE: one that references the package and shows a chart.
    cat >"$1" <<CODE
{ "cells": [
  { "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "id": "a",
    "source": ["#i \"nuget: $feed\"\n", "#r \"nuget: IResNet.Notebooks, $version\""] },
  { "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "id": "b",
    "source": ["using IResNet;\n", "using IResNet.Notebooks;\n", "using TorchSharp;\n", "Cell.Begin();"] },
  { "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "id": "c",
    "source": ["var x = torch.linspace(0, 1, 20);\n", "Charts.Lines((\"x^2\", x, x.square()))"] } ],
  "metadata": { "kernelspec": { "display_name": ".NET (C#)", "language": "C#", "name": ".net-csharp" },
                "language_info": { "name": "C#" } },
  "nbformat": 4, "nbformat_minor": 5 }
CODE
}
runner() {
    cd "$work/tool"
    notebook chart.ipynb
    "$iresnet" run chart.ipynb
    grep -q image/png out/chart.ipynb
    test -s out/index.html
}
check "iresnet run: a notebook with #r \"nuget: IResNet.Notebooks\" shows a chart" runner
kernel() {
    "$iresnet" kernel install --prefix "$work/prefix"
    grep -q IResNet.Workbook.dll "$work/prefix/share/jupyter/kernels/iresnet/kernel.json"
}
check "iresnet kernel install" kernel

own() {
    cd "$work/tool"
    "$iresnet" new shapes
    python3 "$root/tests/packages/images.py" shapes/images
    cd shapes
    "$iresnet" data folder:images | grep -q '64 training and 16 test images, 1x16x16, 2 classes'
    "$iresnet" run shapes.ipynb -p seconds=2
    grep -q image/png out/shapes.ipynb
}
check "iresnet new: a notebook on one's own images trains and shows samples" own

# --- .NET Interactive ------------------------------------------------------------------------------------------------
scratch=$work
. "$root/tests/interactive/tools.sh"
if have_interactive; then
    interactive() {
        folder interactive
        INTERACTIVE_TOOLS=$tools FEED=$feed VERSION=$version \
            PYTHONPATH=$root/tests/interactive PYTHONDONTWRITEBYTECODE=1 \
            timeout 240 python3 "$root/tests/packages/interactive.py"
    }
    check ".NET Interactive: #r \"nuget: IResNet.Notebooks\" shows a chart" interactive
fi
