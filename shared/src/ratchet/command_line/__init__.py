"""Options, errors and endpoints that commands of the `ratchet` program share."""

from ratchet.command_line.credentials import (
    bearing,
)
from ratchet.command_line.endpoints import (
    DataDir,
    ExporterUrl,
    address_of,
    exporter_facts,
)
from ratchet.command_line.errors import (
    FAILED,
    UNREACHABLE,
    AsJson,
    Failed,
    Unreachable,
    ending,
    print_json,
)
from ratchet.command_line.posting import (
    NoAnswer,
    post_until_answered,
)
from ratchet.command_line.redis import (
    RedisUrl,
    answering,
    client_of,
    place_of,
    redis_url_of,
)
from ratchet.command_line.running_system import (
    STATE_FILE,
    read_state,
)
from ratchet.command_line.subprocess import (
    answer_of,
    local_answer_of,
)

__all__ = [
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
    "address_of",
    "answer_of",
    "answering",
    "bearing",
    "client_of",
    "ending",
    "exporter_facts",
    "local_answer_of",
    "place_of",
    "post_until_answered",
    "print_json",
    "read_state",
    "redis_url_of",
]
