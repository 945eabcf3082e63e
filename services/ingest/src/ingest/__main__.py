"""`python -m ingest` runs the service."""

import sys

from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet.service import LOOPBACK, is_loopback, run
from ratchet.settings import read_settings
from ratchet_edge.keys.key_file import KeyFile, KeyFileUnreadable


def with_safe_host(settings: IngestSettings) -> IngestSettings:
    """The settings, with the host on loopback until a key exists; raises `KeyFileUnreadable`."""
    keys = KeyFile(settings.data_dir)
    if is_loopback(settings.host) or keys.read() or keys.required:
        return settings
    return settings.model_copy(update={"host": LOOPBACK})


if __name__ == "__main__":
    try:
        settings = with_safe_host(read_settings(IngestSettings))
    except KeyFileUnreadable as error:
        sys.exit(str(error))
    run("ingest", settings, create_app, guard=lambda app, _: app)
