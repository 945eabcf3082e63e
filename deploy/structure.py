"""Print the structure of the repository in figures: `python deploy/structure.py`.

Lines per part, modules per folder, type names that are defined twice, words of documentation.
`tests/architecture/test_structure.py` holds the same figures to their limits.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = {
    "text": "text/src/ratchet_text",
    "truth": "truth/src/ratchet_truth",
    "shared": "shared/src/ratchet",
    "models": "models/src/ratchet_models",
    "ranking": "ranking/src/ratchet_ranking",
    "edge": "edge/src/ratchet_edge",
    "rows": "rows/src/ratchet_rows",
    "ingest": "services/ingest/src/ingest",
    "ledger": "services/ledger/src/ledger",
    "reward": "services/reward/src/reward",
    "trainer": "services/trainer/src/trainer",
    "exporter": "services/exporter/src/exporter",
    "gateway": "services/gateway/src/gateway",
    "cli": "cli/src/ratchet_cli",
    "simulator": "simulator/src/simulator",
    "client": "clients/python/src/ratchet_client",
}
SERVICES = ("ingest", "ledger", "reward", "trainer", "exporter", "gateway")

MOST_LINES = {"shared": 7_000, "ingest": 4_500}
MOST_MODULES_IN_A_FOLDER = 15
MOST_MODULES_IN_A_ROOT = 9

PAGES = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/*.md",
    "docs/decisions/*.md",
    "services/*/README.md",
)
PAGES_OF_LATER_FEATURES = {
    "docs/clients.md",
    "docs/files.md",
    "docs/room.md",
    "docs/repair.md",
    "docs/site-file.md",
    "docs/decisions/0016-text.md",
    "docs/decisions/0017-device-words.md",
    "docs/decisions/0018-language-identification.md",
    "docs/decisions/0019-ranking.md",
    "docs/decisions/0020-edge.md",
    "docs/decisions/0021-rows.md",
    "docs/decisions/0022-facts.md",
    "docs/decisions/0023-access.md",
    "docs/decisions/0026-served-wrongly.md",
    "docs/decisions/0024-room.md",
    "docs/decisions/0029-clients.md",
    "docs/decisions/0028-the-front-door.md",
    "docs/front-door.md",
    "docs/decisions/0031-first-contact.md",
    "docs/decisions/0033-signed-backups.md",
    "docs/decisions/0034-supply-chain.md",
    "docs/models.md",
    "docs/decisions/0027-one-judgment-of-an-answer.md",
    "docs/truth.md",
    "docs/decisions/0025-clocks.md",
    "docs/counterfactuals.md",
    "docs/decisions/0032-copies-with-other-facts.md",
    "docs/decisions/0036-copies-answer-with-the-readings.md",
    "docs/on-policy.md",
    "services/gateway/README.md",
    "docs/decisions/0035-on-policy-rounds.md",
    "docs/served-prompts.md",
    "docs/gateway.md",
    "docs/gateway-runbooks.md",
    "docs/decisions/0037-gateway.md",
    "docs/decisions/0038-shadow.md",
}
"""Pages about features that did not exist when `WORDS_BEFORE` was counted."""
WORDS_BEFORE = 33_622
"""Words of the same pages at commit f872d47, before the rooms and words were set in order."""
MOST_WORDS = int(WORDS_BEFORE * 0.85)
LINES_BEFORE = 38_769
"""Product lines at the same commit, without what only tests used."""


@dataclass(frozen=True)
class Folder:
    """A package of product code, and its modules without `__init__`."""

    path: Path
    modules: int
    is_root: bool


def sources(part: str) -> list[Path]:
    return sorted((ROOT / PARTS[part]).rglob("*.py"))


def lines(part: str) -> int:
    return sum(len(path.read_text().splitlines()) for path in sources(part))


def folders() -> Iterator[Folder]:
    for part, root in PARTS.items():
        for folder in sorted({path.parent for path in sources(part)}):
            modules = sum(path.name != "__init__.py" for path in folder.glob("*.py"))
            is_root = part in SERVICES and folder == ROOT / root
            yield Folder(folder.relative_to(ROOT), modules, is_root)


def type_definitions() -> Mapping[str, list[Path]]:
    """Each public module-level class name, with the files that define it."""
    found = defaultdict(list)
    for path in (path for part in PARTS for path in sources(part)):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(path.relative_to(ROOT))
    return found


def defined_twice() -> dict[str, list[Path]]:
    return {name: paths for name, paths in type_definitions().items() if len(paths) > 1}


def words() -> int:
    """Words of documentation, as `wc -w` counts them, without pages of later features."""
    later = {ROOT / page for page in PAGES_OF_LATER_FEATURES}
    pages = {path for page in PAGES for path in ROOT.glob(page)} - later
    return sum(len(path.read_text().split()) for path in pages)


def _print_table(title: str, rows: Iterable[tuple[str, object]]) -> None:
    print(title)
    for name, value in rows:
        print(f"  {name:<52} {value}")


def main() -> None:
    counts = {part: lines(part) for part in PARTS}
    _print_table(
        "lines", [*counts.items(), ("all", f"{sum(counts.values())} ({LINES_BEFORE} before)")]
    )
    _print_table(
        "modules in a service's root", [(str(f.path), f.modules) for f in folders() if f.is_root]
    )
    fullest = sorted(folders(), key=lambda folder: -folder.modules)[:8]
    _print_table("modules in the fullest folders", [(str(f.path), f.modules) for f in fullest])
    _print_table(
        "type names defined twice", [(name, len(paths)) for name, paths in defined_twice().items()]
    )
    share = 1 - words() / WORDS_BEFORE
    _print_table(
        "words of documentation",
        [("now", words()), ("before", WORDS_BEFORE), ("shorter by", f"{share:.0%}")],
    )


if __name__ == "__main__":
    main()
