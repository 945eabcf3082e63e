"""The request for a ranking."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ratchet.contract import Candidate, ClientInput, Intent, RankingQuery, UserId
from ratchet_ranking import MOST_WIDGETS


def _by_name(value: Any) -> Any:
    return {"scenario": value} if isinstance(value, str) else value


def _not_empty(candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    if not candidates:
        raise ValueError("name at least one candidate")
    return candidates


_Named = Annotated[Candidate, BeforeValidator(_by_name, json_schema_input_type=str | Candidate)]


class RankRequest(BaseModel):
    """One question and its candidates, each a scenario name or a description.

    `intent` is the question's parsed intent. `limit` is the number of widgets to show: all of them
    by default, at most 24.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    transcript: str = Field(max_length=20_000)
    intent: Intent = Intent()
    candidates: Annotated[tuple[_Named, ...], AfterValidator(_not_empty)] = Field(
        json_schema_extra={"minItems": 1}
    )
    limit: int | None = Field(default=None, ge=1, le=MOST_WIDGETS)
    user_id: UserId = ""

    @property
    def query(self) -> RankingQuery:
        return RankingQuery.of(self.transcript, self.intent)

    @property
    def shown(self) -> int:
        """The number of candidates that will be shown."""
        return min(self.limit or MOST_WIDGETS, len(self.candidates))


def read_rank_request(value: Any) -> RankRequest:
    """A null counts as a missing key; raises `pydantic.ValidationError`."""
    return RankRequest.model_validate(_without_nulls(value), context=ClientInput())


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
