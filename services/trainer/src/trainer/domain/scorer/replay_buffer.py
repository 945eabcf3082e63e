"""The last lessons, one for each answer: what a step draws from, and what validates it."""

from collections.abc import Iterable, Sequence

import numpy as np

from trainer.domain.scorer.lesson import Lesson


class Replay:
    """A newer revision takes the place of an older one, at the end; the oldest leave.

    What is inside depends on the lessons and their order alone, also after a restart with
    `of`: it is always the `most` answers that were revised last.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lessons: dict[str, Lesson] = {}

    @classmethod
    def of(cls, lessons: Iterable[Lesson], most: int) -> "Replay":
        replay = cls(most)
        for lesson in lessons:
            replay.add(lesson)
        return replay

    def __len__(self) -> int:
        return len(self._lessons)

    @property
    def lessons(self) -> Sequence[Lesson]:
        return list(self._lessons.values())

    def add(self, lesson: Lesson) -> None:
        self._lessons.pop(lesson.query_id, None)
        self._lessons[lesson.query_id] = lesson
        if len(self._lessons) > self._most:
            del self._lessons[next(iter(self._lessons))]

    def draw(self, newest: Lesson, widgets: int, rng: np.random.Generator) -> list[Lesson]:
        """`newest` and others, drawn with equal chances, until `widgets` are reached."""
        everything = self.lessons
        drawn = [newest]
        count = len(newest.targets)
        for at in rng.integers(len(everything), size=widgets).tolist():
            if count >= widgets:
                break
            drawn.append(everything[at])
            count += len(everything[at].targets)
        return drawn
