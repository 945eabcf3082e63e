"""Whether every value that one JSON Schema allows is accepted by another, and kept whole.

Knows what pydantic writes for the events: no more of JSON Schema than that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

Schema = dict[str, Any]
_LOWER = ("minimum", "minLength", "minItems")
_UPPER = ("maximum", "maxLength", "maxItems")
_AS_GIVEN = ("pattern", "format")


class Told(NamedTuple):
    """A schema and the definitions that its references name."""

    schema: Schema
    definitions: Schema

    @classmethod
    def whole(cls, document: Schema) -> "Told":
        return cls(document, document.get("$defs", {}))

    def at(self, schema: Schema) -> "Told":
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"].rpartition("/")[2]]
        return Told(schema, self.definitions)

    @property
    def branches(self) -> list["Told"]:
        found = self.schema.get("anyOf") or self.schema.get("oneOf")
        return [self.at(branch) for branch in found] if found else [self]


@dataclass(frozen=True)
class Reader:
    """`writes_all`: the writer leaves no field out. `ignores`: unknown fields may be dropped."""

    writes_all: bool
    ignores: bool

    def problems(self, written: Told, read: Told, path: str = "") -> Iterator[str]:
        """What of `written` the schema `read` refuses or would lose, each with its place."""
        written, read = written.at(written.schema), read.at(read.schema)
        if not read.schema or not set(read.schema) - {"default", "title", "description"}:
            return
        if len(written.branches) > 1 or len(read.branches) > 1:
            for branch in written.branches:
                tried = [list(self.problems(branch, other, path)) for other in read.branches]
                if all(tried):
                    yield from min(tried, key=len)
            return
        yield from self._scalar(written.schema, read.schema, path)
        yield from self._array(written, read, path)
        yield from self._object(written, read, path)

    def _scalar(self, written: Schema, read: Schema, path: str) -> Iterator[str]:
        kinds = written.get("type"), read.get("type")
        if kinds[0] != kinds[1] and kinds != ("integer", "number"):
            yield f"{path or 'message'}: is {kinds[0] or 'anything'} here and {kinds[1]} there"
        if extra := _values(written) - _values(read) if _values(read) else set():
            yield f"{path}: {', '.join(sorted(map(str, extra)))} is not known on the other side"
        elif _values(read) and not _values(written):
            yield f"{path}: only some values are known on the other side"
        for name in _LOWER:
            if read.get(name, float("-inf")) > written.get(name, float("-inf")):
                yield f"{path}: {name} {read[name]} on the other side"
        for name in _UPPER:
            if read.get(name, float("inf")) < written.get(name, float("inf")):
                yield f"{path}: {name} {read[name]} on the other side"
        for name in _AS_GIVEN:
            if name in read and read[name] != written.get(name) and not _values(written):
                yield f"{path}: {name} {read[name]} on the other side"

    def _array(self, written: Told, read: Told, path: str) -> Iterator[str]:
        pairs = [*zip(*(told.schema.get("prefixItems", []) for told in (written, read)))]  # noqa: B905 -- their number is in minItems
        items = written.schema.get("items"), read.schema.get("items")
        if all(isinstance(item, dict) for item in items):
            pairs.append(items)
        for one, other in pairs:
            yield from self.problems(written.at(one), read.at(other), f"{path}[]")

    def _object(self, written: Told, read: Told, path: str) -> Iterator[str]:
        ours, theirs = (told.schema.get("properties", {}) for told in (written, read))
        free = written.schema.get("additionalProperties"), read.schema.get("additionalProperties")
        if all(isinstance(value, dict) for value in free):
            yield from self.problems(written.at(free[0]), read.at(free[1]), f"{path}.*")
        if not theirs:
            return
        sure = set(ours) if self.writes_all else set(written.schema.get("required", ()))
        for name in sorted(set(read.schema.get("required", ())) - sure):
            yield f"{path}.{name}: is required on the other side"
        for name in ours:
            if name in theirs:
                told = written.at(ours[name]), read.at(theirs[name])
                yield from self.problems(*told, f"{path}.{name}")
            elif not self.ignores:
                yield f"{path}.{name}: is gone on the other side"


def _values(schema: Schema) -> set[Any]:
    return set(schema.get("enum", ())) or ({schema["const"]} if "const" in schema else set())
