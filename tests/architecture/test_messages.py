"""Messages use the standard terms of the field, and no private ones."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRIVATE = re.compile(
    r"\b(told|unsaid|mend(s|ed|ing)?|heard|hearken|buried|bury|clipped|by and by|is for nobody)\b|"
    r"\band nothing is\.|^Accepted is\b|\bit is made to\b",
    re.IGNORECASE,
)
NAMES_IN_FILES = {"told", "mend"}
"""Keys of stored files and of JSON output, which earlier releases wrote."""


def messages() -> Iterator[tuple[str, str]]:
    """The texts of the product's modules, without docstrings and without data of languages."""
    for path in sorted({*ROOT.glob("*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")}):
        tree = ast.parse(path.read_text())
        docstrings = {
            id(statement.value)
            for node in ast.walk(tree)
            for statement in _statements(node)
            if isinstance(statement, ast.Expr)
        }
        for node in ast.walk(tree):
            text = getattr(node, "value", None)
            if (
                isinstance(node, ast.Constant)
                and isinstance(text, str)
                and id(node) not in docstrings
            ):
                yield str(path.relative_to(ROOT)), text


def _statements(node: ast.AST) -> list[ast.stmt]:
    body = getattr(node, "body", [])
    return body if isinstance(body, list) else []


def test_messages_have_no_private_words():
    found = [(place, text) for place, text in messages() if PRIVATE.search(text)]
    found = [one for one in found if one[1] not in NAMES_IN_FILES]
    assert not found
