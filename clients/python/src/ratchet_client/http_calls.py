"""The requests of the client and the reading of their responses."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from pydantic import ValidationError

from ratchet_client.answers import Answered, NotNow, TooMuch, read_answer
from ratchet_client.ranking import (
    Candidate,
    ModelInService,
    NoModelAnswer,
    WidgetRanking,
    callers_order,
)

_log = logging.getLogger("ratchet_client")
SENDING_TIMEOUT_S = 10.0


def connection(url: str, key: str | None) -> dict[str, Any]:
    """The arguments of an httpx client for the server."""
    headers = {"Content-Type": "application/json", "User-Agent": "ratchet-client"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return {"base_url": url.rstrip("/"), "headers": headers, "timeout": SENDING_TIMEOUT_S}


def post_batch(
    http: httpx.Client, path: str, body: bytes, sent: int
) -> Answered | TooMuch | NotNow:
    """What became of the batch; a lost connection is an answer, too."""
    try:
        response = http.post(path, content=body)
    except (httpx.HTTPError, OSError) as error:
        return NotNow(f"{type(error).__name__}: {error}")
    return read_answer(response.status_code, response.headers, response.content, sent)


def rank_request(
    transcript: str, candidates: Sequence[Candidate], limit: int | None, more: Mapping[str, object]
) -> dict[str, object]:
    body = {"transcript": transcript, "candidates": list(candidates), "limit": limit, **more}
    return {name: value for name, value in body.items() if value is not None}


def ranking_of(
    response: httpx.Response | Exception, candidates: Sequence[Candidate], limit: int | None
) -> WidgetRanking:
    """The ranking of a response; the caller's order if there is none, which is logged."""
    if isinstance(response, httpx.Response) and response.is_success:
        try:
            return WidgetRanking.model_validate_json(response.content)
        except ValidationError:
            why = "Ratchet's answer is not a ranking"
    else:
        why = f"Ratchet did not rank: {problem_of(response)}"
    _log.warning("%s", why)
    return callers_order(candidates, limit, why)


def model_of(response: httpx.Response) -> ModelInService | None:
    """None if no version is active; raises `NoModelAnswer` for an answer that is no version."""
    if response.status_code == 404:
        return None
    if not response.is_success:
        raise NoModelAnswer(problem_of(response))
    try:
        return ModelInService.model_validate_json(response.content)
    except ValidationError as error:
        raise NoModelAnswer("the answer is not a version of a model") from error


def problem_of(response: httpx.Response | Exception) -> str:
    if isinstance(response, Exception):
        return f"{type(response).__name__}: {response}".removesuffix(": ")
    try:
        detail = response.json()["detail"]
    except (ValueError, LookupError, TypeError):
        detail = response.text[:300]
    return f"HTTP {response.status_code}: {detail}"
