#!/usr/bin/env bash
# Every check of the images, compose and Kubernetes files that needs no engine and no cluster.
# `make check-deploy` runs it with the tools of .venv-deploy in front; kubectl comes from the system.
set -euo pipefail
cd "$(dirname "$0")/.."

KUBERNETES=1.33
OVERLAYS=(local gpu gpu-multinode)
# Each check that is left out, and why:
#   CKV_K8S_43    digests of our images are known once they are pushed: an overlay's `images` takes them
#   CKV_K8S_15    tags are pinned; a plant without its registry must still be able to restart a pod
#   CKV_DOCKER_7  the base is an argument, and build-images.sh refuses one without a digest
SKIPPED=CKV_K8S_43,CKV_K8S_15,CKV_DOCKER_7

command -v kubectl >/dev/null || { echo "kubectl is missing: install it, overlays are built with it" >&2; exit 1; }
scratch=$(mktemp --directory)
trap 'rm -rf "$scratch"' EXIT

say() { echo "check-deploy: $*"; }

say "shell scripts"
shellcheck deploy/*.sh
say "Dockerfiles"
hadolint services/*/Dockerfile
say "YAML"
yamllint --strict docker-compose.yml k8s

say "compose"
check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
# Compose's own program: its Python wrapper ends with 0 whatever it found.
compose=$(python -c "import compose, pathlib; print(pathlib.Path(compose.__path__[0], 'docker-compose'))")
SECRETS_DIR=$scratch/secrets deploy/make-secrets.sh >/dev/null
for profile in cpu gpu; do
    SECRETS_DIR=$scratch/secrets "$compose" --env-file .env.example --profile "$profile" config --quiet
done

for overlay in "${OVERLAYS[@]}"; do
    say "overlay $overlay"
    built=$scratch/$overlay.yaml
    kubectl kustomize "k8s/overlays/$overlay" > "$built"
    kubernetes-validate --strict --quiet --no-warn -k "$KUBERNETES" "$built"
    mkdir "$scratch/$overlay"
    python deploy/custom_resources.py "$scratch/$overlay" < "$built" > "$scratch/$overlay.pairs"
    while read -r schema file; do
        check-jsonschema --quiet --schemafile "$schema" "$file"
    done < "$scratch/$overlay.pairs"
done

say "policies"
cp --parents services/*/Dockerfile "$scratch"
checkov --quiet --compact --skip-download --framework kubernetes dockerfile \
    --skip-check "$SKIPPED" --directory "$scratch" > "$scratch/policies.log" 2>&1 \
    || { cat "$scratch/policies.log"; exit 1; }
grep "Passed checks" "$scratch/policies.log" | sort --unique || true
say "all is well"
