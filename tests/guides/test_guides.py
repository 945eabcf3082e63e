"""Log messages, metrics, commands, settings and files that the guides name exist."""

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

from ratchet_cli.demo.settings import DPO

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    page
    for pattern in ("*.md", "docs/**/*.md", "services/*/README.md", "deploy/**/*.md")
    for page in sorted(ROOT.glob(pattern))
]
SECRET_FILES = {"ratchet_redis_url", "ratchet_trainer_teacher_key", "ratchet_ledger_url"}
WRITTEN_BY_OPERATORS = {"deploy/prometheus/targets/gpu.yml"}
PACKAGES = {
    *(
        "ratchet_edge",
        "ratchet_models",
        "ratchet_ranking",
        "ratchet_rows",
        "ratchet_text",
        "ratchet_truth",
    ),
    *("ratchet_testing", "ratchet_cli", "ratchet_client"),
}
LOG_LINE = re.compile(
    r"`((?:ingest|ledger|reward|trainer|exporter|gateway|ratchet)\.[a-z_.]+)`: `([^`]+)`"
)
FILLED = re.compile(r"<[^<>]*>|%(?:\.\d+)?[sdrf]")


def plain(message: str) -> str:
    """One line, with `<>` for every placeholder."""
    return FILLED.sub("<>", " ".join(message.split()))


@cache
def logged_texts() -> frozenset[str]:
    """Every text in a module that logs, as `plain`."""
    texts: set[str] = set()
    for folder in (ROOT / "shared/src", *(ROOT / "services").glob("*/src")):
        for file in folder.rglob("*.py"):
            source = file.read_text(encoding="utf-8")
            if "_log" not in source and "valid keys" not in source:
                continue
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.add(plain(node.value))
                elif isinstance(node, ast.JoinedStr):
                    parts = [getattr(part, "value", None) for part in node.values]
                    texts.add(plain("".join(p if isinstance(p, str) else "<>" for p in parts)))
    return frozenset(texts)


def named(pattern: str) -> list[tuple[str, str]]:
    """Each distinct match of `pattern` with the page that it is in."""
    return [
        (str(page.relative_to(ROOT)), match)
        for page in PAGES
        for match in sorted(set(re.findall(pattern, page.read_text(encoding="utf-8"))))
    ]


@pytest.mark.parametrize(
    ("page", "logger", "message"),
    [(page, *line) for page, line in named(LOG_LINE.pattern)],
)
def test_every_quoted_log_line_is_logged(page: str, logger: str, message: str):
    module = logger.replace(".", "/")
    assert list(ROOT.glob(f"**/src/{module}.py")), f"no module logs as {logger}"
    assert plain(message) in logged_texts(), f"{logger} does not log {message!r}"


def test_the_recipe_for_two_cores_is_that_of_the_demo():
    page = (DOCS / "models.md").read_text(encoding="utf-8")
    [recipe] = re.findall(r"RATCHET_TRAINER_DPO='(.*)'", page)
    assert json.loads(recipe) == DPO


def test_the_first_hour_quotes_log_lines_of_every_step():
    lines = LOG_LINE.findall((DOCS / "first-hour.md").read_text(encoding="utf-8"))
    assert {logger.partition(".")[0] for logger, _ in lines} == {
        "ratchet",
        "ingest",
        "trainer",
        "exporter",
    }


@pytest.mark.parametrize(("page", "metric"), named(r"(?<!:)\b(ratchet_[a-z0-9_]+)"))
def test_every_named_metric_exists(page: str, metric: str):
    metrics = (DOCS / "metrics.md").read_text(encoding="utf-8")
    assert f"`{metric}`" in metrics or metric in SECRET_FILES | PACKAGES


@pytest.mark.parametrize(("page", "variable"), named(r"\b(RATCHET_[A-Z_]+[A-Z])\b"))
def test_every_named_setting_exists(page: str, variable: str):
    assert variable in (ROOT / ".env.example").read_text(encoding="utf-8")


@pytest.mark.parametrize(("page", "command"), named(r"(?m)(?:`|^|bin/)ratchet (?!is\b)([a-z]+)\b"))
def test_every_named_command_exists(page: str, command: str):
    assert f"### `ratchet {command}" in (DOCS / "cli.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "path"),
    named(
        r"`((?:services|text|shared|cli|clients|examples|simulator|tests|deploy|k8s|docs|benchmarks)"
        r"/[\w./-]+)`"
    ),
)
def test_every_named_path_exists(page: str, path: str):
    assert (ROOT / path).exists() or path in WRITTEN_BY_OPERATORS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page: Path):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_path_from_route_to_alias_has_at_most_twelve_files():
    architecture = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = architecture.partition("## One example, from route to alias\n")[2].partition("\n## ")[
        0
    ]
    files = re.findall(r"^\d+\. `([^`]+)`", section, re.MULTILINE)
    assert 0 < len(files) <= 12
    assert [file for file in files if not (ROOT / file).is_file()] == []
