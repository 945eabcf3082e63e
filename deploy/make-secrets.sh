#!/usr/bin/env bash
# Draw the secrets that docker-compose.yml mounts, each into a file of its own; those there stay.
# The directory (SECRETS_DIR, var/secrets) is its owner's alone; the files can be read by any
# user inside a container, since compose mounts them as they are. None ends in a newline: who reads
# a Secret made of them takes every byte.
set -euo pipefail
cd "$(dirname "$0")/.."

directory=${SECRETS_DIR:-var/secrets}
mkdir -p "$directory"
chmod 0700 "$directory"

keep() {
    local file=$directory/$1
    [[ ! -e $file ]] || return 0
    printf '%s' "$2" > "$file"
    chmod 0444 "$file"
    echo "made $file"
}

draw() {
    head --bytes 32 /dev/urandom | od --address-radix n --format x1 | tr --delete ' \n'
}

keep redis_password "$(draw)"
keep postgres_password "$(draw)"
keep grafana_password "$(draw)"
keep ingest_key "$(draw)"
# The key of a teacher's API, where one is used: put it in its place.
keep ratchet_trainer_teacher_key ""
keep ratchet_redis_url "redis://:$(< "$directory/redis_password")@redis:6379/0"
keep ratchet_ledger_url "postgresql+psycopg://ratchet:$(< "$directory/postgres_password")@postgres/ratchet"
