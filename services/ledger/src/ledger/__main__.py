"""`python -m ledger` writes the ledger."""

from ledger.app import create_app
from ledger.settings import LedgerSettings
from ratchet.service import run
from ratchet.settings import read_settings

if __name__ == "__main__":
    run("ledger", read_settings(LedgerSettings), create_app)
