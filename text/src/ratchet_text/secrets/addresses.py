"""Finds the secret parts of addresses and connection strings, and masks them."""

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import unquote, urlsplit

MASK = "***"

Part = tuple[str, Literal["shown", "masked", "secret"]]
"""A piece of a text. A masked piece is not shown, but may be too ordinary to hide elsewhere."""

_SECRET_NAME = re.compile(
    r"pass|pwd|secret|token|key|sig|cred|auth|jwt|otp|cookie|session|bearer|\bpin$", re.IGNORECASE
)
_SHOWN_NAMES = frozenset(
    ("db", "dbname", "host", "hostaddr", "port", "protocol", "region", "scheme", "sslmode", "user")
)
_ORDINARY = re.compile(r"[\w.,:\[\]-]*", re.ASCII)
_HOST = r"(?:\[[\w:.%]*\]?|[\w.-]*)(?::[0-9]{0,5})?"
_HOSTS = re.compile(rf"{_HOST}(?:,{_HOST})*")
_USER = re.compile(r"[\w.@+-]{0,32}", re.ASCII)
_TOKEN = re.compile(
    r"(gh[a-z]_|github_|gl[a-z]+-|[sprw]k[-_]|hf_|xox|A[KS]IA|npm_|pypi-|dop_|eyJ)"
    r"|(?=.*[0-9])(?=.*[A-Za-z]).{20}"
)
_KEYS = re.compile(r"(?!redis|valkey|unix|postgres|https?$)\w")
"""Schemes, such as those of buckets, whose user name is a part of a key."""

_NO_PASSWORD = ("", "x-oauth-basic")
"""Passwords of addresses whose user name is the token."""

_LONG = 6
"""Characters from which a part of a secret is hidden by itself."""

_ASSIGNMENT = re.compile(r"([\w.%-]+)\s*=\s*(.*?)(?=[\s;]+[\w.%-]+\s*=|$)", re.DOTALL)
"""A pair of a libpq connection string; a value ends where the next pair begins."""


def masked(value: str) -> str:
    """`value`, an address or a connection string, with its secret parts as `***`.

    Shown are the scheme, a user name unless it is a token, hosts, ports, the path, and a few
    parameters. Where the parts cannot be separated, for example because a password has an
    unencoded `/`, all that may belong to a secret is masked.
    """
    shown = "".join(text if kind == "shown" else MASK for text, kind in _parts(value) if text)
    return shown.replace(f"{MASK}:{MASK}@", f"{MASK}@")


def secrets_in(value: str) -> frozenset[str]:
    """The secret parts of `value`, without percent-encoding; of a pair the whole and its value."""
    found = {unquote(text) for text, kind in _parts(value) if kind == "secret"}
    values = {pair.partition("=")[2] for text in found for pair in re.split(r"[&;?\s]", text)}
    found |= {text for text in values if len(text) >= _LONG}
    return frozenset(found) - {"", MASK, *_NO_PASSWORD}


def readable_url(url: str) -> str:
    """`url`; raises `ValueError`, without its secrets, if its host or port cannot be read."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ValueError(
            f"the host or the port of {masked(url)!r} cannot be read; percent-encode each of "
            "/ ? # @ : in its user name and password"
        ) from None
    return url


def http_address(url: str) -> str:
    """`url` without a slash at its end; raises `ValueError` unless it is an HTTP address."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(
            f"{masked(url)!r} is not an address; use one such as http://127.0.0.1:8100"
        )
    return readable_url(url).rstrip("/")


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """`url` without user name and password, and both of them, or None if it has none.

    An HTTP client repeats its URL in errors, but not the credentials that it gets apart.
    """
    parts = urlsplit(url)
    userinfo, at, hosts = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    address = parts._replace(netloc=hosts).geturl() if at else url
    return address, (unquote(user), unquote(password)) if at else None


def _parts(value: str) -> Iterator[Part]:
    scheme, separator, rest = value.partition("://")
    if separator and not re.search(r"[@=]", scheme):
        yield scheme + separator, "shown"
        yield from _after_scheme(scheme, rest)
    elif any(_SECRET_NAME.search(unquote(pair[1])) for pair in _ASSIGNMENT.finditer(value)):
        yield from _assignments(value)
    elif "@" in value and (value.startswith("//") or not value.startswith(("/", ".", "~"))):
        start = "//" if value.startswith("//") else ""
        yield start, "shown"
        yield from _after_scheme("", value.removeprefix(start))
    else:
        yield value, "shown"


def _assignments(value: str) -> Iterator[Part]:
    shown_to = 0
    for pair in _ASSIGNMENT.finditer(value):
        if _SECRET_NAME.search(unquote(pair[1])):
            yield value[shown_to : pair.start(2)], "shown"
            yield pair[2].strip("'\""), "secret"
            shown_to = pair.end()
    yield value[shown_to:], "shown"


def _after_scheme(scheme: str, rest: str) -> Iterator[Part]:
    userinfo, tail = _userinfo(rest)
    if re.search(rf"[?&;][^=]*({_SECRET_NAME.pattern})[^=]*=", userinfo, re.IGNORECASE):
        yield rest, "secret"
        return
    yield from _user(scheme, userinfo)
    authority = re.split(r"[/?#]", tail, maxsplit=1)[0]
    hosts = _HOSTS.match(authority)
    known = hosts.end() if hosts else 0
    yield authority[:known], "shown"
    yield authority[known:], "secret"
    after = tail[len(authority) :]
    path = re.match(r"[^?#;]*", after)
    ends = path.end() if path else 0
    yield after[:ends], "shown"
    query, mark, fragment = after[ends:].partition("#")
    yield from _query(query)
    yield mark, "shown"
    yield fragment, "secret"


def _userinfo(rest: str) -> tuple[str, str]:
    """User and password with their `@`, and the text after it.

    They end at the last `@` before the path, unless what follows shows that one of them has an
    unencoded `/`, `?` or `#`: then at the very last `@`.
    """
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    userinfo, at, hosts = authority.rpartition("@")
    after = re.sub(r"^[^?#@]*", "", rest[len(authority) :])
    first = re.match(r"\?([^=&@]*)=", after)
    in_query = first and (_SECRET_NAME.search(unquote(first[1])) or _is_shown(first[1]))
    if not _HOSTS.fullmatch(hosts) or ("@" in after and not in_query):
        userinfo, at, _ = rest.rpartition("@")
    return userinfo + at, rest[len(userinfo + at) :]


def _user(scheme: str, userinfo: str) -> Iterator[Part]:
    if not userinfo:
        return
    user, colon, password = userinfo[:-1].partition(":")
    is_name = (
        not _KEYS.match(scheme)
        and bool(_USER.fullmatch(unquote(user)))
        and not _TOKEN.match(unquote(user))
    )
    if is_name and password not in _NO_PASSWORD:
        yield f"{user}:", "shown"
        yield password, "secret"
    elif is_name and not colon and scheme.startswith("postgresql"):
        yield user, "shown"
    else:
        yield user, "secret"
        yield colon, "shown"
        yield password, "secret"
    yield "@", "shown"


def _query(query: str) -> Iterator[Part]:
    """`query` begins with its `?`, or with the `;` of a path's parameters."""
    yield query[:1], "shown"
    for number, pair in enumerate(query[1:].split("&")):
        name, equals, value = pair.partition("=")
        secret = _SECRET_NAME.search(unquote(name)) or not _ORDINARY.fullmatch(value)
        yield "&" if number else "", "shown"
        if equals and (_is_shown(name) or _SECRET_NAME.search(unquote(name))):
            yield name + equals, "shown"
            yield value, "secret" if secret else "shown"
        else:
            yield pair, "masked"


def _is_shown(name: str) -> bool:
    return unquote(name).lower() in _SHOWN_NAMES
