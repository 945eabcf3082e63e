"""Examples before they are published: what is taught, by which rule, from which answers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from ratchet.contract import Aspect, Source, derived_id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned(ABC):
    """Equal content under one question is one example; rule, rewards and sources may change."""

    rule: str
    aspect: Aspect
    prompt: str
    sources: tuple[Source, ...]

    def example_id(self, question_key: str) -> str:
        return derived_id(type(self).__name__, question_key, self.aspect, self.prompt, *self.taught)

    @property
    @abstractmethod
    def taught(self) -> tuple[str, ...]:
        """The texts that make it this example and no other."""

    @property
    @abstractmethod
    def rewards(self) -> tuple[float, ...]:
        """What each of the texts is worth, where it was scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPair(_Planned):
    chosen: str
    rejected: str
    chosen_reward: float
    rejected_reward: float

    @property
    def taught(self) -> tuple[str, ...]:
        return self.chosen, self.rejected

    @property
    def rewards(self) -> tuple[float, ...]:
        return self.chosen_reward, self.rejected_reward


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLabel(_Planned):
    answer: str
    desirable: bool
    reward: float

    @property
    def taught(self) -> tuple[str, ...]:
        return self.answer, str(self.desirable)

    @property
    def rewards(self) -> tuple[float, ...]:
        return (self.reward,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDemonstration(_Planned):
    answer: str
    reward: float

    @property
    def taught(self) -> tuple[str, ...]:
        return (self.answer,)

    @property
    def rewards(self) -> tuple[float, ...]:
        return (self.reward,)


Planned = PlannedPair | PlannedLabel | PlannedDemonstration
