"""Reads back, over HTTP, what an intake accepted."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import httpx

LISTS = ("/v1/experiences", "/v1/examples")
PAGES = ("/v1/runs", "/v1/models", "/api/layer2/rl-status/", "/api/layer2/rl-history/?limit=2000")


def accepted_experience_ids(content: bytes, answer: dict[str, Any]) -> Iterable[Any]:
    """The ids, as sent, of the experiences that `answer`, a 202, accepted.

    Nothing for a body that a Python parser reads differently.
    """
    try:
        value = json.loads(content)
    except ValueError:
        return []
    items = value if isinstance(value, list) else [value]
    refused = {problem["index"] for problem in answer.get("problems", [])}
    kept = [item for index, item in enumerate(items) if index not in refused]
    if len(kept) != answer.get("accepted"):
        return []
    return [item.get("query_id") for item in kept if isinstance(item, dict)]


async def unreadable(client: httpx.AsyncClient, ids: Iterable[Any]) -> list[tuple[Any, int]]:
    """The ids under which no experience is found, with the status."""
    missing: list[tuple[Any, int]] = []
    waiting = iter(ids)

    async def reader() -> None:
        for query_id in waiting:
            name = str(int(query_id) if isinstance(query_id, float) else query_id)
            answer = await client.get(f"/v1/experiences/{quote(name, safe='')}")
            if answer.status_code != 200:
                missing.append((query_id, answer.status_code))

    await asyncio.gather(*(reader() for _ in range(8)))
    return missing


async def listed(client: httpx.AsyncClient) -> int:
    """The number of items on all pages of all lists. Raises `HTTPStatusError` for a 4xx or 5xx."""
    count = 0
    for path in PAGES:
        (await client.get(path)).raise_for_status()
    for path in LISTS:
        after: str | None = None
        while True:
            parameters = {"limit": "500", **({"after": after} if after else {})}
            page = (await client.get(path, params=parameters)).raise_for_status().json()
            count += len(page["items"])
            after = page["next"]
            if after is None:
                break
    return count
