#!/usr/bin/env bash
# Build the four images. From the environment:
#   BASE_IMAGE   python:3.11-slim-bookworm with its digest; without it, today's is looked up and told
#   VARIANT      cpu or cuda, of the trainer (cpu)
#   TORCH_INDEX  the index that serves this torch; without it, pip's own
#   PIP_CONF     a pip.conf for the build, mounted as a secret
#   TAG          the tag of the images (unreleased)
set -euo pipefail
cd "$(dirname "$0")/.."

docker info >/dev/null 2>&1 || { echo "no Docker engine answers: start one, or name it by DOCKER_HOST" >&2; exit 1; }

tag=${TAG:-unreleased}
variant=${VARIANT:-cpu}
base=${BASE_IMAGE:-}
if [[ -z $base ]]; then
    name=python:3.11-slim-bookworm
    docker pull --quiet "$name" >/dev/null
    base=$(docker image inspect --format '{{index .RepoDigests 0}}' "$name")
fi
[[ $base == *@sha256:* ]] || { echo "BASE_IMAGE: $base has no digest; write name@sha256:…" >&2; exit 1; }
echo "base image: $base"

shared=(
    --build-arg "BASE_IMAGE=$base"
    --build-arg "VERSION=$tag"
    --build-arg "REVISION=$(git rev-parse HEAD)"
    --build-arg "CREATED=$(git log -1 --format=%cI)"
)
[[ -z ${PIP_CONF:-} ]] || shared+=(--secret "id=pip,src=$PIP_CONF")
torch=(--build-arg "TORCH_INDEX=${TORCH_INDEX:-}")

build() {
    local service=$1 image=$2
    shift 2
    echo "building $image"
    DOCKER_BUILDKIT=1 docker build --file "services/$service/Dockerfile" --tag "$image" "${shared[@]}" "$@" .
}

build ingest "ratchet-ingest:$tag"
build reward "ratchet-reward:$tag"
suffix=
[[ $variant == cpu ]] || suffix=-$variant
build trainer "ratchet-trainer:$tag$suffix" "${torch[@]}" --build-arg "VARIANT=$variant"
build exporter "ratchet-exporter:$tag" "${torch[@]}"
