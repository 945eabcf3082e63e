"""Only the delivery layer reads, claims and acknowledges stream entries."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMANDS = re.compile(r"\.(xreadgroup|xack|xautoclaim|xclaim|xgroup_create|xpending\w*)\(")


def test_no_other_module_touches_a_consumer_group():
    sources = [*ROOT.glob("shared/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]
    users = {path for path in sources if COMMANDS.search(path.read_text())}
    assert users
    assert {path.parent.name for path in users} == {"delivery"}
