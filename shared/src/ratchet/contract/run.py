"""A training run from its decision to its verdict."""

from typing import Literal

from pydantic import Field

from ratchet.contract.event import ArtifactRef, Event, Value

Method = Literal["dpo", "kto", "sft"]
Verdict = Literal["accepted", "refused", "failed", "cancelled"]
Stage = Literal["loading", "judging_champion", "training", "judging_challenger"]


class Interval(Value):
    """A mean with its 95 % bootstrap interval over `n` cases."""

    mean: float
    low: float
    high: float
    n: int = Field(ge=1)


class Scores(Value):
    """The means of one model over a set of cases; `None` where no case measured it.

    `margin` and `likelihood` are in nats a token, `kl` too (the divergence from the base model),
    `words` counts those of a spoken answer; all others are shares or scores in 0..1. The answers
    of `absent` and `stated_absent` are those to questions whose reading is not listed.
    """

    preference_accuracy: float | None
    text_quality: float | None
    grounded_accuracy: float | None
    json_validity: float | None = None
    plan_agreement: float | None = None
    margin: float | None = None
    likelihood: float | None = None
    invented: float | None = None
    finished: float | None = None
    words: float | None = None
    kl: float | None = None
    untrue: float | None = None
    precision: float | None = None
    right_device: float | None = None
    right_direction: float | None = None
    refused: float | None = None
    absent: float | None = None
    stated_absent: float | None = None


class SliceGain(Value):
    """The gain on the cases of one slice, such as `language de`.

    Its interval is wider than 95 %: the tails are divided by the number of slices (Bonferroni).
    """

    slice: str
    measure: str
    gain: Interval


class ShadowFigures(Value):
    """The truth of both models' answers to captured prompts, and the gains, by measure.

    `prompts` counts those that both models answered.
    """

    prompts: int = Field(ge=1)
    before: Scores
    after: Scores
    gains: dict[str, Interval] = Field(default_factory=dict)


class GateFigures(Value):
    """The figures behind a verdict; gains are after minus before, by measure.

    `together` pools held-out questions and the fixed regression set. `length_ratio` is the mean
    number of words of the challenger's answers by that of the champion's. `over_base`: gains over
    the base in the truth of the answers, empty if it is the champion. `asked` counts questions.
    `shadow` is None where no captured prompt was answered.
    """

    held_out: dict[str, Interval] = Field(default_factory=dict)
    regression: dict[str, Interval] = Field(default_factory=dict)
    together: dict[str, Interval] = Field(default_factory=dict)
    slices: tuple[SliceGain, ...] = ()
    regression_before: Scores | None = None
    regression_after: Scores | None = None
    length_ratio: float | None = None
    kl: float | None = None
    over_base: dict[str, Interval] = Field(default_factory=dict)
    asked: int | None = None
    shadow: ShadowFigures | None = None


class Answer(Value):
    """The answers of both models to one held-out question, and what the readings say of them.

    `faults_before` and `faults_after` are the verdicts of `ratchet_truth.judge`: empty for a true
    answer, None if no reading decides. `sentence` is the true answer that the readings give.
    """

    question: str
    before: str
    after: str
    faults_before: tuple[str, ...] | None = None
    faults_after: tuple[str, ...] | None = None
    sentence: str = ""


class CurvePoint(Value):
    step: int = Field(ge=0)
    loss: float
    accuracy: float | None = None
    margin: float | None = None


class RunStarted(Event):
    """`example_ids` are the examples of the run, the held-out ones included."""

    type: Literal["RunStarted"] = "RunStarted"
    run_id: str
    method: Method
    base_model: str
    dataset_sha256: str
    pairs: int = Field(ge=1)
    held_out: int = Field(ge=1)
    reason: str
    example_ids: tuple[str, ...] = ()


class RunProgressed(Event):
    type: Literal["RunProgressed"] = "RunProgressed"
    run_id: str
    stage: Stage
    step: int = Field(ge=0)
    steps: int = Field(ge=0)
    loss: float | None = None
    accuracy: float | None = None
    margin: float | None = None
    seconds_left: float | None = None


class RunFinished(Event):
    """`before`, `after` and `gains` (after minus before) are those of the held-out questions.

    `figures` has these gains and the other figures of the verdict. `seconds` covers the whole
    child process. `pairs` counts the examples that were trained on. `left_out` names those of
    `RunStarted` that the run did not use, by reason.
    """

    type: Literal["RunFinished"] = "RunFinished"
    run_id: str
    method: Method
    verdict: Verdict
    reason: str
    pairs: int
    seconds: float
    before: Scores | None = None
    after: Scores | None = None
    gains: dict[str, Interval] = Field(default_factory=dict)
    figures: GateFigures | None = None
    answers: tuple[Answer, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    left_out: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class BaseTrialRequested(Event):
    """Try the export and registration of a base; `chat_template` replaces its own template."""

    type: Literal["BaseTrialRequested"] = "BaseTrialRequested"
    base_model: str
    revision: str | None = None
    chat_template: str | None = None


class CheckpointReady(Event):
    """An accepted adapter: `manifest` names its files, base, dataset, settings and figures."""

    type: Literal["CheckpointReady"] = "CheckpointReady"
    run_id: str
    base_model: str
    manifest: ArtifactRef
