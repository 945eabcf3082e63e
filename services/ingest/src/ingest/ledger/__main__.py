"""`python -m ingest.ledger` writes the ledger."""

from ingest.ledger.app import create_app
from ingest.ledger.settings import LedgerSettings
from ratchet.host import run

if __name__ == "__main__":
    run("ledger", LedgerSettings(), create_app)
