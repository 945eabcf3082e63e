#!/usr/bin/env bash
# Installs what the browser client's tests use: TypeScript, esbuild, React, and the official clients
# of model servers for the gateway's. The client needs none of them. Without npm or its registry, the
# tests of its types, of the React example and of those clients are skipped.
set -euo pipefail
cd "$(dirname "$0")/../clients/js"

[ node_modules/.package-lock.json -nt package-lock.json ] && exit 0
skipped="tests of the browser client's types and of the React example are skipped"
if ! command -v npm >/dev/null; then
    echo "npm is not installed; $skipped"
    exit 0
fi
echo "installing the tools of clients/js"
if npm ci --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null; then
    touch node_modules/.package-lock.json
else
    echo "the tools of clients/js could not be installed; $skipped"
fi
