"""`python -m ingest` runs the service."""

from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet.host import run

if __name__ == "__main__":
    run("ingest", IngestSettings(), create_app)
