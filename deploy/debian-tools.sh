#!/usr/bin/env bash
# Installs Debian packages: Prometheus, PostgreSQL, two proxies and a browser for tests, promtool for
# check.sh.
# Without root or on another system, the tests that need a missing package are skipped.
set -euo pipefail

missing=()
command -v promtool >/dev/null || missing+=(prometheus)
command -v chromium >/dev/null || missing+=(chromium)
compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null || missing+=(postgresql)
for proxy in nginx caddy; do
    command -v "$proxy" >/dev/null || missing+=("$proxy")
done
[ "${#missing[@]}" = 0 ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed; tests that need them are skipped: ${missing[*]}"
    exit 0
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null; } \
    || echo "could not be installed; tests that need them are skipped: ${missing[*]}"
