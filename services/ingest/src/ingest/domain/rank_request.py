"""What a ranking is asked for."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ratchet.contract import Candidate, Intent, RankingQuery
from ratchet.ranking import MOST_WIDGETS


def _by_name(sent: Any) -> Any:
    return {"scenario": sent} if isinstance(sent, str) else sent


def _some(candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    if not candidates:
        raise ValueError("name at least one candidate")
    return candidates


_Named = Annotated[Candidate, BeforeValidator(_by_name, json_schema_input_type=str | Candidate)]


class RankRequest(BaseModel):
    """One question and the widgets that could be shown, each named or described.

    `intent` is the question's parsed intent; `limit` is how many will be shown, by default all,
    24 at most.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    transcript: str = Field(max_length=20_000)
    intent: Intent = Intent()
    candidates: Annotated[tuple[_Named, ...], AfterValidator(_some)] = Field(
        json_schema_extra={"minItems": 1}
    )
    limit: int | None = Field(default=None, ge=1, le=MOST_WIDGETS)
    user_id: str = Field(default="", max_length=256)

    @property
    def query(self) -> RankingQuery:
        return RankingQuery.of(self.transcript, self.intent)

    @property
    def shown(self) -> int:
        """How many of the candidates will be shown."""
        return min(self.limit or MOST_WIDGETS, len(self.candidates))


def read_rank_request(sent: Any) -> RankRequest:
    """A null counts as a missing key; raises `pydantic.ValidationError`."""
    return RankRequest.model_validate(_without_nulls(sent))


def _without_nulls(sent: Any) -> Any:
    if isinstance(sent, dict):
        return {key: _without_nulls(value) for key, value in sent.items() if value is not None}
    return [_without_nulls(value) for value in sent] if isinstance(sent, list) else sent
