#!/bin/sh
# Resolve the dependencies anew and write the hash-pinned exports that setup, CI and the images install from.
set -eu
UV=${UV:-.venv/bin/uv}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -v '^managed = false' pyproject.toml > "$work/pyproject.toml"
touch "$work/README.md"
export_to() { # file, then the arguments that choose what goes in
    out=$1; shift
    "$UV" export --quiet --project "$work" --no-emit-project --no-header --no-annotate "$@" > "$work/out.txt"
    { echo "# Written by 'make lock': hash-pinned, for every platform. Do not edit."; cat "$work/out.txt"; } > "$out"
}
export_to requirements/gateway.txt --no-dev --extra gateway
export_to requirements/service.txt --no-dev --extra service
export_to requirements/dev.txt --all-extras --group dev
printf 'uv==%s\n' "$(sed -n 's/^uv==\([^ ;]*\).*/\1/p' requirements/dev.txt)" > "$work/uv.in"
"$UV" pip compile --quiet --generate-hashes --no-header --no-annotate "$work/uv.in" > "$work/out.txt"
{ echo "# Written by 'make lock': uv itself, which installs the rest."; cat "$work/out.txt"; } > requirements/bootstrap.txt
