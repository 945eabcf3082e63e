"""Turns a teacher's trace into a demonstration and its training samples."""

from ratchet.contract import LEAST_ANSWER, LEAST_THINKING, TraceCaptured
from trainer.domain.examples.training_example import TrainingDemonstration

_CUE = "Think first:"
_ANSWER_CUE = "Response:"


def demonstration_of(event: TraceCaptured) -> TrainingDemonstration | None:
    """The trace as an example without short reasoning; None if the answer is too short."""
    answer, thinking = event.answer.strip(), event.thinking.strip()
    if len(answer) < LEAST_ANSWER:
        return None
    return TrainingDemonstration(
        example_id=event.trace_id,
        revision=1,
        aspect="voice",
        rule="trace",
        question=event.question,
        prompt=event.prompt,
        at=event.occurred_at,
        answer=answer,
        thinking=thinking if len(thinking) >= LEAST_THINKING else "",
    )


def samples_of(demonstration: TrainingDemonstration) -> tuple[tuple[str, str], ...]:
    """Pairs of prompt and completion: three if the reasoning is known, otherwise one.

    The prompt for reasoning ends in a cue of its own. With equal prompts for reasoning and
    answer, half of the samples would teach the model in service, which is prompted without the
    cue, to present its reasoning to the operator.
    """
    prompt, thinking = demonstration.prompt, demonstration.thinking
    answered = (prompt, demonstration.answer)
    if not thinking:
        return (answered,)
    thinking_prompt = f"{prompt}\n{_CUE}"
    return (
        (thinking_prompt, thinking),
        answered,
        (f"{thinking_prompt}\n{thinking}\n{_ANSWER_CUE}", demonstration.answer),
    )
