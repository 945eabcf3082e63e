"""Thresholds and caps of the examples that a question's answers make."""

from collections import Counter
from dataclasses import dataclass, field

from pydantic import Field

from ratchet.contract import Source, Value
from reward.domain.examples.question import Scope


class PairingRules(Value):
    """Thresholds on rewards, and caps on the number of examples.

    A chosen answer has a reward above `chosen_above`, a rejected one below `rejected_below`, and
    the two differ by `min_gap` or more. Caps apply per question and aspect; `max_per_user` limits
    one operator's part of each of them, and `max_answers_per_user_per_day` limits how many of an
    operator's answers of one UTC day make examples. All answers without an operator's name count
    as those of one operator. `shared_names` stand for everybody at a plant that names nobody:
    each has limits of its own, for all of its people together.

    Of two spoken answers of which exactly one is true, the true one is chosen, also without a
    rating. Such a pair has the rewards `truth_weight` and -`truth_weight`; 0 builds none.
    """

    scope: Scope = "question"
    chosen_above: float = 0.1
    rejected_below: float = -0.1
    min_gap: float = Field(default=0.3, ge=0)
    truth_weight: float = Field(default=1.0, ge=0, le=2)
    max_pairs_per_question: int = Field(default=5, ge=1)
    max_labels_per_question: int = Field(default=20, ge=1)
    max_answers_per_question: int = Field(default=200, ge=2)
    max_per_user: int = Field(default=3, ge=1)
    max_answers_per_user_per_day: int = Field(default=50, ge=1)
    shared_names: tuple[str, ...] = ("default_user",)
    max_per_shared_name: int = Field(default=20, ge=1)
    max_answers_per_shared_name_per_day: int = Field(default=500, ge=1, le=999)

    def is_person(self, user_id: str) -> bool:
        return bool(user_id) and user_id not in self.shared_names

    def per_day(self, user_id: str) -> int:
        if user_id in self.shared_names:
            return self.max_answers_per_shared_name_per_day
        return self.max_answers_per_user_per_day

    def cap(self, limit: int) -> "ExampleCap":
        """A cap of `limit` examples in total, and of the limits by operator."""
        return ExampleCap(self, limit)


@dataclass
class ExampleCap:
    """Counts the examples of one kind, in total and by operator."""

    rules: PairingRules
    limit: int
    count: int = 0
    by_user: Counter[str] = field(default_factory=Counter)

    def admits(self, *sources: Source) -> bool:
        """Count an example with these sources, unless a limit is reached."""
        users = {source.user_id for source in sources}
        if self.count >= self.limit or any(map(self._is_at_limit, users)):
            return False
        self.count += 1
        self.by_user.update(users)
        return True

    def _is_at_limit(self, user_id: str) -> bool:
        shared = user_id in self.rules.shared_names
        most = self.rules.max_per_shared_name if shared else self.rules.max_per_user
        return self.by_user[user_id] >= most
