"""A page that shows an AsyncAPI 3 document without scripts and without files of another host.

Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid #ccc;padding:.25rem .5rem;"
    "text-align:left;vertical-align:top}code{font-size:.9em}@media(prefers-color-scheme:dark){"
    "body{background:#111;color:#ddd}a{color:#8bf}}"
)
Part = Mapping[str, Any]


def asyncapi_page(document: Part, source: str) -> str:
    """The HTML page of `document`, with a link to its JSON at `source`."""
    info = document.get("info", {})
    title = escape(f"{info.get('title', '')} {info.get('version', '')}")
    return "".join(
        (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">',
            f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>",
            f"<p>{escape(info.get('description') or '')}</p>",
            f'<p><a href="{escape(source)}">The document as JSON</a></p><h2>Channels</h2>',
            *_channels(document),
            "<h2>Messages and values</h2>",
            *_schemas(document.get("components", {}).get("schemas", {})),
            "</body></html>",
        )
    )


def _channels(document: Part) -> Iterator[str]:
    actions: dict[str, list[str]] = {}
    for operation in document.get("operations", {}).values():
        name = _name(operation.get("channel", {}))
        actions.setdefault(name, []).append(str(operation.get("action", "")))
    messages = document.get("components", {}).get("messages", {})
    for name, channel in sorted(document.get("channels", {}).items()):
        does = " and ".join(sorted(set(actions.get(name, ()))))
        yield f"<h3><code>{escape(str(channel.get('address') or name))}</code></h3>"
        about = [f"{does}." if does else "", channel.get("description") or ""]
        yield f"<p>{escape(' '.join(filter(None, about)))}</p>"
        yield _list(
            _schema_names(messages.get(_name(message), message).get("payload", {}))
            for message in channel.get("messages", {}).values()
        )


def _list(groups: Iterable[Iterable[str]]) -> str:
    names = dict.fromkeys(name for group in groups for name in group)
    return f"<ul>{''.join(f'<li>{_link(name)}</li>' for name in names)}</ul>"


def _schemas(schemas: Part) -> Iterator[str]:
    for name, schema in sorted(schemas.items()):
        yield f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3>'
        yield f"<p>{escape(schema.get('description') or '')}</p>"
        if "$ref" in schema or "anyOf" in schema or "oneOf" in schema:
            yield _list([_schema_names(schema)])
        required = schema.get("required", ())
        rows = "".join(
            f"<tr><td><code>{escape(field)}</code></td><td>{_type(value)}</td>"
            f"<td>{'required' if field in required else _default(value)}</td>"
            f"<td>{escape(value.get('description') or '')}</td></tr>"
            for field, value in schema.get("properties", {}).items()
        )
        if rows:
            head = "<tr><th>field</th><th>type</th><th>default</th><th></th></tr>"
            yield f"<table>{head}{rows}</table>"


def _type(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return "any"
    if "$ref" in schema:
        return _link(_name(schema))
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(_type(one) for one in schema[several])
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " or ".join(f"<code>{escape(repr(one))}</code>" for one in values)
    kind = schema.get("type", "any")
    if kind == "array":
        return f"array of {_type(schema.get('items', {}))}"
    return escape(str(kind if "format" not in schema else f"{kind} ({schema['format']})"))


def _default(schema: Part) -> str:
    return f"<code>{escape(repr(schema['default']))}</code>" if "default" in schema else ""


def _schema_names(schema: Any) -> Iterator[str]:
    """The names of the schemas that `schema` refers to, or is one of."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            yield _name(schema)
        for several in ("anyOf", "oneOf"):
            for one in schema.get(several, ()):
                yield from _schema_names(one)


def _name(reference: Part) -> str:
    return str(reference.get("$ref", "")).rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def _link(name: str) -> str:
    return f'<a href="#{escape(name)}">{escape(name)}</a>'
