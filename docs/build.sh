#!/usr/bin/env bash
# The documentation as a folder of pages that works without a network: bash docs/build.sh [FOLDER], by default out/docs.
# Needs the build (dotnet build -c Release) and python3. The pages and the gallery's figures are made of the notebooks
# as they lie in notebooks/, executed.
set -euo pipefail
folder=$(realpath -m "${1:-out/docs}")
cd "$(dirname "$0")/.."
program=lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Workbook.dll
[ -f "$program" ] || { printf 'There is no %s: dotnet build -c Release first.\n' "$program" >&2; exit 1; }
if [ -e "$folder" ] && [ ! -f "$folder/xrefmap.yml" ] && [ -n "$(ls -A "$folder")" ]; then
    printf '%s holds something else than an earlier site: name another folder.\n' "$folder" >&2
    exit 1
fi

rm -rf docs/api docs/notebooks
dotnet "$program" pages --output docs/notebooks
# The site has the repository's folders: what a notebook links to above docs/ is a page of the site. And a way back.
sed -i -E -e 's#href="\.\./\.\./([^"]*)\.md([#"])#href="../\1.html\2#g' \
    -e 's#<nav class="bar">#&<a href="../index.html">Documentation</a>#' \
    -e 's#<header><h1>#<header><nav class="bar"><a href="../index.html">Documentation</a></nav><h1>#' \
    docs/notebooks/*.html

dotnet tool restore --verbosity quiet
dotnet docfx metadata docs/docfx.json --warningsAsErrors --logLevel warning
rm -rf "$folder"
dotnet docfx build docs/docfx.json --warningsAsErrors --logLevel warning --output "$folder"
# DocFX takes the names of a tuple's elements for members that the framework's reference had.
sed -i -E 's#<a [^>]*/system\.valuetuple-[^>]*>([^<]*)</a>#\1#g' "$folder"/api/*.html
python3 docs/check.py "$folder"
