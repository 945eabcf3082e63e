"""Options, errors and connections that commands of the `ratchet` program share.

Importing it is quick: a command imports HTTP and Redis clients when it runs.
"""

from ratchet.command_line.errors import (
    FAILED,
    UNREACHABLE,
    Failed,
    Unreachable,
    command_errors,
    print_json,
)
from ratchet.command_line.options import (
    DEFAULT_DATA_DIR,
    AsJson,
    DataDir,
    ExporterUrl,
    RedisUrl,
)
from ratchet.command_line.posting import (
    NoAnswer,
    post_until_answered,
)
from ratchet.command_line.redis import (
    redis_address,
    redis_client,
    redis_connection,
    redis_url_of,
)
from ratchet.command_line.services import (
    STATE_FILE,
    api_key_headers,
    exporter_status,
    require_running,
    require_url,
    running_ports,
    service_url,
)
from ratchet.command_line.subprocess import (
    answer_of,
    local_answer_of,
)

__all__ = [
    "DEFAULT_DATA_DIR",
    "FAILED",
    "STATE_FILE",
    "UNREACHABLE",
    "AsJson",
    "DataDir",
    "ExporterUrl",
    "Failed",
    "NoAnswer",
    "RedisUrl",
    "Unreachable",
    "answer_of",
    "api_key_headers",
    "command_errors",
    "exporter_status",
    "local_answer_of",
    "post_until_answered",
    "print_json",
    "redis_address",
    "redis_client",
    "redis_connection",
    "redis_url_of",
    "require_running",
    "require_url",
    "running_ports",
    "service_url",
]
