"""What `/status` says about the ranking."""

from dataclasses import dataclass
from typing import Any

from ingest.ranking.answer import ScorerOut
from ingest.ranking.decisions import Decisions
from ingest.ranking.in_service import Served
from ingest.ranking.scorer_watch import ScorerWatch
from ratchet.contract import CALLERS_ORDER


@dataclass
class RankingStatus:
    """`embedding` is the name of the one that scorers must be trained with."""

    watch: ScorerWatch
    decisions: Decisions
    embedding: str

    async def facts(self) -> dict[str, Any]:
        """Counts since the start; `summary` is one line for people."""
        standing = self.watch.standing
        served = standing if isinstance(standing, Served) else None
        policy = served.policy if served else CALLERS_ORDER
        return {
            "summary": self._summary(),
            "ranking": {
                "scorer": ScorerOut.of(served).model_dump() if served else None,
                "embedding": self.embedding,
                "policy": policy.model_dump(),
                "problem": self.watch.problem,
                "decisions": self.decisions.logged,
                "unlogged": self.decisions.unlogged,
            },
        }

    def _summary(self) -> str:
        standing = self.watch.standing
        if isinstance(standing, Served):
            return f"ranking with {standing.version}, trained on {standing.trained_on}"
        return f"ranking in the caller's order: {standing.why}"
