#!/usr/bin/env bash
# Builds the six images. Environment variables:
#   BASE_IMAGE   python:3.11-slim-bookworm with its digest; if unset, that of .env (pin-images.sh)
#   VARIANT      cpu or cuda: the trainer's torch (default: cpu)
#   TORCH_INDEX  the package index that serves this torch; if unset, pip's default index
#   PIP_CONF     a pip.conf for the build, mounted as a secret
#   TAG          the images' tag (default: the version)
set -euo pipefail
cd "$(dirname "$0")/.."

docker info >/dev/null 2>&1 || { echo "No Docker engine responds. Start one, or set DOCKER_HOST." >&2; exit 1; }

version=$(sed -n 's/^version = "\(.*\)+mono"$/\1/p' shared/pyproject.toml)
tag=${TAG:-$version}
variant=${VARIANT:-cpu}
base=${BASE_IMAGE:-}
if [[ -z $base ]]; then
    # The first build pins it, so that later ones have the same base.
    grep -qs '^BASE_IMAGE=.*@sha256:' "${ENV_FILE:-.env}" || deploy/pin-images.sh BASE_IMAGE
    base=$(sed -n 's/^BASE_IMAGE=//p' "${ENV_FILE:-.env}")
fi
[[ $base == *@sha256:* ]] || { echo "BASE_IMAGE: $base has no digest. Write name@sha256:…" >&2; exit 1; }
echo "base image: $base"

common=(
    --build-arg "BASE_IMAGE=$base"
    --build-arg "VERSION=$version"
    --build-arg "REVISION=$(git rev-parse HEAD)"
    --build-arg "CREATED=$(git log -1 --format=%cI)"
)
[[ -z ${PIP_CONF:-} ]] || common+=(--secret "id=pip,src=$PIP_CONF")

# build SERVICE PORT TAG [NAME=VALUE ...]: the build arguments of deploy/Dockerfile
build() {
    local service=$1 port=$2 image=ratchet-$1:$3 arguments=() argument
    shift 3
    for argument in "SERVICE=$service" "PORT=$port" "$@"; do
        arguments+=(--build-arg "$argument")
    done
    echo "building $image"
    DOCKER_BUILDKIT=1 docker build --file deploy/Dockerfile --tag "$image" "${common[@]}" "${arguments[@]}" .
}

suffix=
[[ $variant == cpu ]] || suffix=-$variant
index=TORCH_INDEX=${TORCH_INDEX:-}
build ingest 8100 "$tag" "PARTS=ranking edge services/ledger services/ingest[postgresql]"
build ledger 8105 "$tag" "PARTS=services/ledger[postgresql]"
build reward 8101 "$tag"
build gateway 8106 "$tag" "PARTS=edge services/gateway"
build trainer 8102 "$tag$suffix" "PARTS=ranking services/trainer" "TORCH=$variant" "$index"
build exporter 8103 "$tag" TORCH=any "$index" "BUILD_PACKAGES=g++ make" RUN_PACKAGES=libgomp1
