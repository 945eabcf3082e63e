"""`python -m ingest` runs the service."""

import sys

from ingest.app import create_app
from ingest.keys.key_file import KeyFile, KeysUnreadable
from ingest.settings import IngestSettings
from ingest.status import LOOPBACK, is_loopback
from ratchet.service import run
from ratchet.settings import read_settings


def within_reach(settings: IngestSettings) -> IngestSettings:
    """The settings, on loopback where there is no key; raises `KeysUnreadable`."""
    if is_loopback(settings.host) or KeyFile(settings.data_dir).read():
        return settings
    return settings.model_copy(update={"host": LOOPBACK})


if __name__ == "__main__":
    try:
        settings = within_reach(read_settings(IngestSettings))
    except KeysUnreadable as error:
        sys.exit(str(error))
    run("ingest", settings, create_app)
