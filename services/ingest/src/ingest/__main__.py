"""`python -m ingest` runs the service."""

import sys

from ingest.access_status import LOOPBACK, is_loopback
from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet.host import run
from ratchet.keys import KeyFile, KeysUnreadable
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
