"""A buffer of the last lessons, one per experience, to draw training steps from."""

from collections.abc import Sequence

import numpy as np

from trainer.domain.scorer.lesson import Lesson


class ReplayBuffer:
    """Holds the `most` experiences that were revised last, oldest first.

    The contents depend on the lessons and their order alone, also after a restart.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lessons: dict[str, Lesson] = {}

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
        """`newest`, and others drawn uniformly with replacement until `widgets` are reached."""
        lessons = self.lessons
        drawn = [newest]
        count = len(newest.targets)
        for at in rng.integers(len(lessons), size=widgets).tolist():
            if count >= widgets:
                break
            drawn.append(lessons[at])
            count += len(lessons[at].targets)
        return drawn
