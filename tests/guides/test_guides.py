"""What the guides name is there: log messages, metrics, commands, settings and files."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDES = [
    DOCS / f"{name}.md" for name in ("install", "first-hour", "upgrade", "predecessor", "security")
]
LOG_LINE = re.compile(r"`((?:ingest|reward|trainer|exporter|ratchet)\.[a-z_.]+)`: `([^`]+)`")
FILLED = re.compile(r"<[^<>]*>|%(?:\.\d+)?[sdrf]")
"""Guides that are written at the same time as these."""


def plain(message: str) -> str:
    """One line, with `<>` for whatever is filled in."""
    return FILLED.sub("<>", " ".join(message.split()))


@cache
def said() -> frozenset[str]:
    """Every text that the services may log, as `plain`."""
    found: set[str] = set()
    for folder in (ROOT / "shared/src", *(ROOT / "services").glob("*/src")):
        for file in folder.rglob("*.py"):
            source = file.read_text(encoding="utf-8")
            if "_log" not in source and "valid keys" not in source:
                continue
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(plain(node.value))
                elif isinstance(node, ast.JoinedStr):
                    parts = [getattr(part, "value", None) for part in node.values]
                    found.add(plain("".join(p if isinstance(p, str) else "<>" for p in parts)))
    return frozenset(found)


def named(pattern: str) -> list[tuple[str, str]]:
    return [
        (guide.name, match)
        for guide in GUIDES
        for match in sorted(set(re.findall(pattern, guide.read_text(encoding="utf-8"))))
    ]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_log_line_that_a_guide_names_is_logged(guide: Path):
    for logger, message in LOG_LINE.findall(guide.read_text(encoding="utf-8")):
        module = logger.replace(".", "/")
        assert list(ROOT.glob(f"**/src/{module}.py")), f"no module logs as {logger}"
        assert plain(message) in said(), f"{logger} does not say {message!r}"


def test_the_first_hour_names_the_lines_of_every_step():
    lines = LOG_LINE.findall((DOCS / "first-hour.md").read_text(encoding="utf-8"))
    assert {logger.partition(".")[0] for logger, _ in lines} == {
        "ratchet",
        "ingest",
        "trainer",
        "exporter",
    }


@pytest.mark.parametrize(("guide", "metric"), named(r"\b(ratchet_[a-z0-9_]+)"))
def test_a_metric_that_a_guide_names_is_told(guide: str, metric: str):
    files = {"ratchet_redis_url", "ratchet_trainer_teacher_key", "ratchet_ledger_url"}
    assert f"`{metric}`" in (DOCS / "metrics.md").read_text() or metric in files


@pytest.mark.parametrize(("guide", "variable"), named(r"\b(RATCHET_[A-Z_]+[A-Z])\b"))
def test_a_setting_that_a_guide_names_can_be_set(guide: str, variable: str):
    assert variable in (ROOT / ".env.example").read_text() + (DOCS / "deployment.md").read_text()


@pytest.mark.parametrize(("guide", "command"), named(r"(?m)(?:`|^|bin/)ratchet (?!is\b)([a-z]+)\b"))
def test_a_command_that_a_guide_names_exists(guide: str, command: str):
    assert f"ratchet {command}" in (DOCS / "cli.md").read_text()


@pytest.mark.parametrize(("guide", "link"), named(r"\]\(([^)#]+)\)"))
def test_a_link_leads_somewhere(guide: str, link: str):
    assert (DOCS / link).exists()
