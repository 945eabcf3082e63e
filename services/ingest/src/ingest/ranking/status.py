"""The ranking in `/status`."""

from dataclasses import dataclass
from typing import Any

from ingest.ranking.answer import ServingScorer
from ingest.ranking.decisions import Decisions
from ingest.ranking.scorer_watch import ScorerWatch
from ingest.ranking.source import ScorerInService
from ratchet.contract import CALLERS_ORDER


@dataclass
class RankStatus:
    """`embedding` is the name of the one that scorers must be trained with."""

    watch: ScorerWatch
    decisions: Decisions
    embedding: str

    async def facts(self) -> dict[str, Any]:
        """Counts since the start; `summary` is one line for operators."""
        source = self.watch.source
        scorer = source if isinstance(source, ScorerInService) else None
        policy = scorer.policy if scorer else CALLERS_ORDER
        return {
            "summary": self._summary(),
            "ranking": {
                "scorer": ServingScorer.of(scorer).model_dump() if scorer else None,
                "embedding": self.embedding,
                "policy": policy.model_dump(),
                "problem": self.watch.problem,
                "decisions": self.decisions.logged,
                "unlogged": self.decisions.unlogged,
            },
        }

    def _summary(self) -> str:
        source = self.watch.source
        if isinstance(source, ScorerInService):
            return f"ranking with {source.version}, trained on {source.trained_on}"
        return f"ranking in the caller's order: {source.reason}"
