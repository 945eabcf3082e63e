"""The commands of the ledger are listed and completed without its libraries."""

import subprocess
import sys

HEAVY = ("httpx", "numpy", "pyarrow", "pydantic", "redis", "sqlalchemy")


def test_importing_the_commands_loads_no_database_or_redis_client():
    code = f"import sys, ledger.commands; print([m for m in {HEAVY!r} if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
