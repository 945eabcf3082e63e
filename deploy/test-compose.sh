#!/usr/bin/env bash
# Build the images, start docker-compose.yml beside whatever runs, let a demo's operators post to
# it until a model is active, and tear everything down, volumes too. From the environment: what
# deploy/build-images.sh takes, and LIMIT_S, the seconds until a model must be active (1800).
# The `ratchet` command is on the path (`make test-compose`).
set -euo pipefail
cd "$(dirname "$0")/.."

docker info >/dev/null 2>&1 || { echo "test-compose is left out: no Docker engine answers \`docker info\`"; exit 0; }

scratch=$(mktemp --directory)
export TAG=compose-test SECRETS_DIR=$scratch/secrets COMPOSE_PROFILES=cpu
export INGEST_PORT=28100 REWARD_PORT=28101 TRAINER_PORT=28102 EXPORTER_PORT=28103 LEDGER_PORT=28105
export OLLAMA_PORT=28106 PROMETHEUS_PORT=28107 GRAFANA_PORT=28108
export DEMO_SETTINGS=$scratch/demo.env DEMO_MODEL
compose=(docker compose --project-name ratchet-test --file docker-compose.yml --file deploy/compose-demo.yml)

deploy/build-images.sh
deploy/make-secrets.sh >/dev/null
DEMO_MODEL=$(python -c "
from pathlib import Path
from ratchet.models.base_models import materialise
print(materialise('smollm2-135m-instruct', Path('$scratch')))")
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

asked = urlopen("http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query?query=up")
up = {found["metric"]["job"]: found["value"][1] for found in json.load(asked)["data"]["result"]}
assert up == dict.fromkeys(("ingest", "reward", "trainer", "exporter", "ledger"), "1"), up
assert json.load(urlopen("http://127.0.0.1:$GRAFANA_PORT/api/health"))["database"] == "ok"
END
echo "test-compose: all is well"
