"""`python -m ingest.ledger` writes the ledger."""

from ingest.ledger.app import create_app
from ingest.ledger.settings import LedgerSettings
from ratchet.host import run
from ratchet.settings import read_settings

if __name__ == "__main__":
    run("ledger", read_settings(LedgerSettings), create_app)
