#!/usr/bin/env bash
# Generates the missing secrets of docker-compose.yml, one file each. Existing files stay.
# Only the owner may enter the directory (SECRETS_DIR, var/secrets). The files are world-readable,
# since compose mounts them unchanged and containers run as other users. No file ends in a newline:
# a Kubernetes Secret made from it would include it.
set -euo pipefail
cd "$(dirname "$0")/.."

directory=${SECRETS_DIR:-var/secrets}
mkdir -p "$directory"
chmod 0700 "$directory"

write_once() {
    local file=$directory/$1
    [[ ! -e $file ]] || return 0
    printf '%s' "$2" > "$file"
    chmod 0444 "$file"
    echo "created $file"
}

random_hex() {
    head --bytes 32 /dev/urandom | od --address-radix n --format x1 | tr --delete ' \n'
}

write_once redis_password "$(random_hex)"
write_once postgres_password "$(random_hex)"
write_once grafana_password "$(random_hex)"
write_once ingest_key "$(random_hex)"
# The API key of a teacher, if one is used: write it to this file.
write_once ratchet_trainer_teacher_key ""
write_once ratchet_redis_url "redis://:$(< "$directory/redis_password")@redis:6379/0"
write_once ratchet_ledger_url "postgresql+psycopg://ratchet:$(< "$directory/postgres_password")@postgres/ratchet"
