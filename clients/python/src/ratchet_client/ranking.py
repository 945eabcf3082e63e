"""What the reading calls return."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict


class RankedWidget(BaseModel):
    """`index` and `position` count from 0, in the request and in the ranking."""

    scenario: str
    index: int
    score: float = 0.0
    position: int
    propensity: float = 1.0


class WidgetRanking(BaseModel):
    """`ranking` has every candidate, the best first; the first `shown` are for the screen.

    Send `decision_id` with the experience; it is None if no decision was logged. `note` says why
    the order is the caller's own.
    """

    model_config = ConfigDict(extra="ignore")

    decision_id: str | None = None
    ranking: list[RankedWidget]
    shown: int
    explored: bool = False
    note: str | None = None

    @property
    def scenarios(self) -> list[str]:
        """The scenarios for the screen, the best first."""
        return [widget.scenario for widget in self.ranking[: self.shown]]


class ModelInService(BaseModel):
    """The active version. Fields that this release does not name are in `model_extra`."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    version: str
    name: str | None = None
    state: str | None = None


class NoModelAnswer(Exception):
    """The server did not return the active version; the message names the reason."""


Candidate = str | Mapping[str, object]


def callers_order(candidates: Sequence[Candidate], limit: int | None, why: str) -> WidgetRanking:
    """The candidates as they were given, required ones among the first `limit`.

    For when the server does not answer.
    """
    described = [{"scenario": one} if isinstance(one, str) else one for one in candidates]
    shown = len(described) if limit is None else min(limit, len(described))
    required = [index for index, one in enumerate(described) if one.get("required")]
    others = [index for index in range(len(described)) if index not in required]
    room = max(shown - len(required), 0)
    order = [*sorted([*required, *others[:room]]), *others[room:]]
    ranked = [
        RankedWidget(scenario=str(described[index].get("scenario", "")), index=index, position=at)
        for at, index in enumerate(order)
    ]
    return WidgetRanking(ranking=ranked, shown=shown, note=f"{why}: the caller's order")
