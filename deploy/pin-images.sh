#!/usr/bin/env bash
# Pins the base image and the third-party images of docker-compose.yml by digest in .env, which
# compose and build-images.sh read. What is pinned stays until it is named again.
#   pin-images.sh                    pin what has no digest yet; needs a Docker engine
#   pin-images.sh REDIS_IMAGE ...    look up the digests of these again
#   pin-images.sh --check            name what has no digest; exit status 1 if anything has none
set -euo pipefail
cd "$(dirname "$0")/.."

file=${ENV_FILE:-.env}
declare -A tags=([BASE_IMAGE]=python:3.11-slim-bookworm)
while read -r name tag; do
    tags[$name]=$tag
done < <(sed -nE 's/.*\$\{([A-Z]+_IMAGE):-([^}]+)\}.*/\1 \2/p' docker-compose.yml)

pinned() { [[ -e $file ]] && grep -qE "^$1=.+@sha256:[0-9a-f]{64}\$" "$file"; }

missing=()
for name in "${!tags[@]}"; do
    pinned "$name" || missing+=("$name")
done
if [[ ${1:-} == --check ]]; then
    [[ ${#missing[@]} == 0 ]] && exit 0
    echo "images that follow a tag: $(printf '%s\n' "${missing[@]}" | sort | xargs). Pin them with \`make pin-images\`." >&2
    exit 1
fi

[[ $# == 0 ]] || missing=("$@")
[[ ${#missing[@]} != 0 ]] || exit 0
docker info >/dev/null 2>&1 || { echo "No Docker engine responds. Start one, or set DOCKER_HOST." >&2; exit 1; }
for name in "${missing[@]}"; do
    [[ -n ${tags[$name]:-} ]] || { echo "$name: no image has this name; there are ${!tags[*]}" >&2; exit 1; }
    # A tag that was set in .env counts, not the default.
    tag=$({ sed -n "s/^$name=//p" "$file" 2>/dev/null || true; } | sed 's/@.*//')
    tag=${tag:-${tags[$name]}}
    docker pull --quiet "$tag" >/dev/null
    digest=$(docker image inspect --format '{{index .RepoDigests 0}}' "$tag")
    [[ $digest == *@sha256:* ]] || { echo "$tag has no digest: it does not come from a registry" >&2; exit 1; }
    touch "$file"
    { sed "/^$name=/d" "$file"; echo "$name=$tag@${digest##*@}"; } > "$file.new"
    mv "$file.new" "$file"
    echo "pinned $name=$tag@${digest##*@}"
done
