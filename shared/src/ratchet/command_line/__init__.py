"""Options, errors and connections that commands of the `ratchet` program share.

Importing it is quick: a command imports HTTP and Redis clients when it runs."""

# fmt: off
# isort: off
from ratchet.command_line.errors import (
    FAILED, UNREACHABLE, Failed, Unreachable, command_errors, print_json,
)
from ratchet.command_line.options import DEFAULT_DATA_DIR, AsJson, DataDir, ExporterUrl, RedisUrl
from ratchet.command_line.posting import NoAnswer, post_until_answered
from ratchet.command_line.private_files import create_private_directory, create_private_files
from ratchet.command_line.redis import redis_address, redis_client, redis_connection, redis_url_of
from ratchet.command_line.services import (
    STATE_FILE, api_key_headers, exporter_status, require_running, running_ports, service_url,
)
from ratchet.command_line.terminal import Step, colored, printable, say, screen, steps
