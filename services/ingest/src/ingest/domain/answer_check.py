"""Checks an answer before it is spoken: a request, and the judgment in the form of a response."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ratchet.contract import Reading
from ratchet.measures import question_text
from ratchet_truth import (
    MOST_READINGS,
    JudgedSituation,
    Topic,
    Verdict,
    asked_in,
    judge,
    readings_in,
    true_answer,
)

_LONGEST_NAME = 200
_LONGEST_ANSWER = 20_000
_LONGEST_PROMPT = 200_000
_MOST_TOPICS = 20
_Name = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)]


class AskedTopic(BaseModel):
    """A metric of a device."""

    model_config = ConfigDict(frozen=True)

    equipment: _Name
    metric: _Name


class CheckRequest(BaseModel):
    """An answer, with the prompt that it answers or with the readings and the question.

    `asked` is what the question asks about; without it, the metrics and devices that the question
    names. `prompt` ends with the question and has a reading in each of its lines.
    """

    model_config = ConfigDict(frozen=True)

    answer: str = Field(max_length=_LONGEST_ANSWER)
    prompt: str | None = Field(default=None, max_length=_LONGEST_PROMPT)
    readings: tuple[Reading, ...] | None = Field(default=None, max_length=MOST_READINGS)
    question: str | None = Field(default=None, max_length=_LONGEST_ANSWER)
    asked: tuple[AskedTopic, ...] | None = Field(default=None, max_length=_MOST_TOPICS)

    @model_validator(mode="after")
    def _has_a_situation(self) -> Self:
        if (self.prompt is None) == (self.readings is None):
            raise ValueError("send either prompt or readings")
        if self.readings is not None and self.question is None and self.asked is None:
            raise ValueError("send question or asked with readings")
        return self

    @property
    def situation(self) -> JudgedSituation:
        readings = readings_in(self.prompt or "") if self.readings is None else self.readings
        question = self.question
        if question is None:
            question = question_text(self.prompt or "")
        if self.asked is None:
            topics = asked_in(question, readings)
        else:
            topics = tuple(Topic(one.equipment, one.metric) for one in self.asked)
        return JudgedSituation(readings, topics, question)


class AnswerFault(BaseModel):
    """One thing that is wrong: `said` quotes the answer, `reading` is what holds instead."""

    verdict: Verdict
    said: str
    reading: str


class CheckedAnswer(BaseModel):
    """Whether the answer is true, why not, and `sentence`: the answer that the readings give.

    `verdict` is that of the first of `faults`. `sentence` is empty if it is not known what was
    asked. `device_named` and `metric_named` tell what the answer names itself.
    """

    true: bool
    verdict: Verdict
    faults: tuple[AnswerFault, ...]
    asked: tuple[AskedTopic, ...]
    device_named: bool
    metric_named: bool
    sentence: str


def checked(request: CheckRequest) -> CheckedAnswer:
    """The judgment of an answer."""
    situation = request.situation
    judgment = judge(request.answer, situation)
    return CheckedAnswer(
        true=judgment.is_true,
        verdict=judgment.verdict,
        faults=tuple(
            AnswerFault(verdict=fault.verdict, said=fault.said, reading=fault.reading)
            for fault in judgment.faults
        ),
        asked=tuple(
            AskedTopic.model_construct(equipment=topic.equipment, metric=topic.metric)
            for topic in situation.asked
        ),
        device_named=judgment.device_named,
        metric_named=judgment.metric_named,
        sentence=true_answer(situation),
    )
