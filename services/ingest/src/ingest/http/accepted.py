"""What the routes that take items answer."""

from pydantic import BaseModel, Field

from ingest.http.middleware.problems import ProblemOut, out, refusal
from ingest.intake import Taken


class Accepted(BaseModel):
    """`problems` is empty when everything was accepted; `repeated` items were known before."""

    accepted: int
    repeated: int = 0
    problems: list[ProblemOut] = Field(default_factory=list)

    @classmethod
    def of(cls, taken: Taken) -> "Accepted":
        """Answers 422 where there are problems and nothing else."""
        if taken.problems and not taken.accepted:
            raise refusal(taken.problems)
        return cls(accepted=taken.accepted, repeated=taken.repeated, problems=out(taken.problems))
