#!/usr/bin/env bash
# Builds the images, starts docker-compose.yml under its own project name, posts simulated feedback
# until a model is active, and removes everything, volumes included. Environment variables: those of
# deploy/build-images.sh, and LIMIT_S, the seconds until a model must be active (default: 1800).
# `make test-compose` puts the `ratchet` command on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

docker info >/dev/null 2>&1 || { echo "test-compose is skipped: no Docker engine responds to \`docker info\`"; exit 0; }

scratch=$(mktemp --directory)
export TAG=compose-test SECRETS_DIR=$scratch/secrets COMPOSE_PROFILES=cpu
export INGEST_PORT=28100 REWARD_PORT=28101 TRAINER_PORT=28102 EXPORTER_PORT=28103 LEDGER_PORT=28105 GATEWAY_PORT=28106
export OLLAMA_PORT=28106 PROMETHEUS_PORT=28107 GRAFANA_PORT=28108
export DEMO_SETTINGS=$scratch/demo.env DEMO_MODEL
compose=(docker compose --project-name ratchet-test --file docker-compose.yml --file deploy/compose-demo.yml)

deploy/build-images.sh
deploy/make-secrets.sh >/dev/null
DEMO_MODEL=$(python -c "
from pathlib import Path
from ratchet.models.base_models import materialize
print(materialize('smollm2-135m-instruct', Path('$scratch')))")
python -c "
from pathlib import Path
from ratchet_cli.demo.settings import environment
print(*(f'{name}={value}' for name, value in environment(Path('$scratch')).items()), sep='\n')
" > "$DEMO_SETTINGS"

ended() {
    local status=$?
    (( status == 0 )) || "${compose[@]}" logs --tail 100
    "${compose[@]}" down --volumes --timeout 30
    rm -rf "$scratch"
}
trap ended EXIT
"${compose[@]}" up --detach --wait

RATCHET_API_KEY=$(< "$SECRETS_DIR/ingest_key") \
    ratchet simulate --url "http://127.0.0.1:$INGEST_PORT" --questions 120 --answers 3 --seed 7

active() {
    ratchet models --exporter-url "http://127.0.0.1:$EXPORTER_PORT" --json \
        | python -c "import json, sys; print(json.load(sys.stdin)['active'] or '')"
}
until [[ -n $(active) ]]; do
    (( SECONDS < ${LIMIT_S:-1800} )) || { echo "no model is active after $SECONDS s" >&2; exit 1; }
    sleep 5
done
echo "active: $(active)"

python - <<END
import json
from urllib.request import urlopen

response = urlopen("http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query?query=up")
up = {row["metric"]["job"]: row["value"][1] for row in json.load(response)["data"]["result"]}
assert up == dict.fromkeys(("ingest", "reward", "trainer", "exporter", "ledger", "gateway"), "1"), up
assert json.load(urlopen("http://127.0.0.1:$GRAFANA_PORT/api/health"))["database"] == "ok"
END
echo "test-compose: passed"
