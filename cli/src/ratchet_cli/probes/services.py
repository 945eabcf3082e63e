"""What each service of an embedded system says of itself."""

from collections.abc import Mapping
from typing import Any

import httpx

from ratchet_cli.embedded.processes import SERVICES

NAMES = tuple(reversed(SERVICES))
"""From where an answer comes in to where a model goes out."""


async def probe(ports: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """By name: `/status` with `port`, `ready`, and `problem` where it has one."""
    async with httpx.AsyncClient(timeout=3.0) as client:
        return {name: await _ask(client, ports.get(name)) for name in NAMES}


async def _ask(client: httpx.AsyncClient, port: int | None) -> dict[str, Any]:
    if port is None:
        return {"port": None, "ready": False, "problem": "not part of the system that runs here"}
    address = f"http://127.0.0.1:{port}"
    try:
        ready, alive, facts = [
            (await client.get(f"{address}/{path}")).json() for path in ("readyz", "livez", "status")
        ]
        problem = ready.get("problem") or alive.get("problem")
        return {"port": port, "ready": ready["ready"], "problem": problem, **facts}
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        return {"port": port, "ready": False, "problem": f"does not answer: {reason}"}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"port": port, "ready": False, "problem": "what answers there is no such service"}
