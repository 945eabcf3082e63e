"""Asks the intake whether answers are true, and for a ranking, while faults are injected."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import httpx

_PAUSE_S = 1.0
_READINGS = [{"equipment": "pump 001", "metric": "power", "value": 45, "unit": "kW"}]
_QUESTION = "What is the power of pump 001?"
_RANKED = {"transcript": _QUESTION, "candidates": ["trend", "kpi", "timeline"], "limit": 2}


@dataclass
class CheckedAnswers:
    """`seen` counts the responses by kind; `wrong` are those that differ from the right one."""

    url: str
    seen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=10) as client:
            while not stop.is_set():
                for value, is_true in ((45, True), (54, False)):
                    await self._check(client, value, is_true)
                await self._rank(client)
                await asyncio.sleep(_PAUSE_S)

    async def _check(self, client: httpx.AsyncClient, value: int, is_true: bool) -> None:
        answer = f"Pump 001 draws {value} kW."
        body = {"answer": answer, "question": _QUESTION, "readings": _READINGS}
        response = await self._post(client, "/v1/check", body)
        if response is not None and response.json().get("true") is not is_true:
            self.wrong.append(f"{answer} {response.text}")

    async def _rank(self, client: httpx.AsyncClient) -> None:
        response = await self._post(client, "/v1/rank", _RANKED)
        if response is not None and len(response.json().get("ranking", ())) != 3:
            self.wrong.append(response.text)

    async def _post(
        self, client: httpx.AsyncClient, path: str, body: object
    ) -> httpx.Response | None:
        """The response with 200, else None."""
        try:
            response = await client.post(path, json=body)
        except httpx.TransportError as error:
            self.seen[f"{path} {type(error).__name__}"] += 1
            return None
        self.seen[f"{path} {response.status_code}"] += 1
        return response if response.status_code == httpx.codes.OK else None
