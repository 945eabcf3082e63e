#!/usr/bin/env bash
# Every check of the images, compose and Kubernetes files that needs no engine and no cluster.
# `make check-deploy` runs it with the tools of .venv-deploy in front; promtool comes from Debian's
# package prometheus.
set -euo pipefail
cd "$(dirname "$0")/.."

KUBERNETES=1.33
OVERLAYS=(local gpu gpu-multinode)
# Each check that is left out, and why:
#   CKV_K8S_43    digests of our images are known once they are pushed: an overlay's `images` takes them
#   CKV_K8S_15    tags are pinned; a plant without its registry must still be able to restart a pod
#   CKV_DOCKER_7  the base is an argument, and build-images.sh refuses one without a digest
SKIPPED=CKV_K8S_43,CKV_K8S_15,CKV_DOCKER_7

scratch=$(mktemp --directory)
trap 'rm -rf "$scratch"' EXIT

say() { echo "check-deploy: $*"; }

# What a tool that talks when all is well said, where it is not.
quietly() {
    "$@" > "$scratch/said" 2>&1 || { cat "$scratch/said"; exit 1; }
}

say "shell scripts"
shellcheck deploy/*.sh .ci/run
say "Dockerfiles"
hadolint services/*/Dockerfile
say "YAML"
yamllint --strict docker-compose.yml k8s deploy

say "Prometheus"
if command -v promtool >/dev/null; then
    quietly promtool check rules deploy/prometheus/rules/*.yml
    quietly promtool check config deploy/prometheus/prometheus{,-embedded}.yml
    quietly promtool test rules deploy/prometheus/tests/*.yml
else
    say "left out: there is no promtool (Debian's package prometheus)"
fi

say "compose"
check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
# Compose's own program: its Python wrapper ends with 0 whatever it found.
compose=$(python -c "import compose, pathlib; print(pathlib.Path(compose.__path__[0], 'docker-compose'))")
SECRETS_DIR=$scratch/secrets deploy/make-secrets.sh >/dev/null
for profile in cpu gpu; do
    SECRETS_DIR=$scratch/secrets "$compose" --env-file .env.example --profile "$profile" config --quiet
done
SECRETS_DIR=$scratch/secrets DEMO_SETTINGS=.env.example DEMO_MODEL=$scratch "$compose" \
    --file docker-compose.yml --file deploy/compose-demo.yml --profile cpu config --quiet

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
quietly checkov --quiet --compact --skip-download --framework kubernetes dockerfile \
    --skip-check "$SKIPPED" --directory "$scratch"
grep "Passed checks" "$scratch/said" | sort --unique || true
say "all is well"
