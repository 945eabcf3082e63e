"""Sends operators' questions, experiences and feedback as a frontend does."""

from collections import defaultdict, deque
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx

from simulator.operators import draw_operators
from simulator.ranking_outcomes import experience, reactions
from simulator.ranking_questions import RankingQuestion, draw_ranking_question

EXPERIENCE_BYTES = 3_000
_OPERATORS = draw_operators(Random(5), 20)


class Questions:
    """Each is a ranking, an experience of about 3 kB, and the operator's feedback.

    As in the product, an experience contains the operator's recent history, as much as fits.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._rng = Random(1)
        self._before: dict[str, deque[dict[str, Any]]] = defaultdict(lambda: deque(maxlen=20))

    async def send(self) -> None:
        question = draw_ranking_question(self._rng, _OPERATORS)
        decided = (await self._post("/v1/rank", _ranking(question))).json()
        shown = [
            question.candidates[item["index"]] for item in decided["ranking"][: question.limit]
        ]
        answer = experience(
            question, shown, timestamp=datetime.now(UTC), decision_id=decided["decision_id"]
        )
        await self._post("/v1/experiences", self._with_history(question.user_id, answer))
        for feedback in reactions(self._rng, question, shown):
            await self._post("/v1/feedback", feedback)

    def _with_history(self, user_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        history: list[dict[str, Any]] = []
        whole = {**answer, "user_history": history}
        for earlier in reversed(self._before[user_id]):
            if len(httpx.Request("POST", "http://h", json=whole).content) > EXPERIENCE_BYTES:
                break
            history.append(earlier)
        retained = ("query_id", "transcript", "parsed_intent", "voice_response")
        self._before[user_id].append({key: answer[key] for key in retained if key in answer})
        return whole

    async def _post(self, path: str, body: object) -> httpx.Response:
        return (await self._client.post(path, json=body)).raise_for_status()


def _ranking(question: RankingQuestion) -> dict[str, Any]:
    return {
        "transcript": question.transcript,
        "intent": question.intent,
        "candidates": [
            {"scenario": option.scenario, "relevance": option.relevance, "size": option.size}
            for option in question.candidates
        ],
        "limit": question.limit,
        "user_id": question.user_id,
    }
