#!/bin/bash
# install.sh FOLDER: the packages of package-lock.json into FOLDER/node_modules, unless they are there. From the
# registry that npm is configured for.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
into=$1
for tool in node npm; do
    command -v $tool >/dev/null || { echo "$tool is missing: run ci/setup" >&2; exit 1; }
done
mkdir -p "$into"
if ! cmp -s "$here/package-lock.json" "$into/installed"; then
    cp "$here/package.json" "$here/package-lock.json" "$into"
    npm ci --prefix "$into" --ignore-scripts --no-audit --no-fund --loglevel=error
    cp "$here/package-lock.json" "$into/installed"
fi
NODE_PATH=$into/node_modules node -e 'require("coap")'
