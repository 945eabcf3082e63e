"""What a teacher's trace demonstrates, and the samples a run learns it from."""

from ratchet.contract import LEAST_ANSWER, LEAST_THINKING, TraceCaptured
from trainer.domain.examples.training_example import TrainingDemonstration

_CUE = "Think first:"
_ANSWER_CUE = "Response:"


def demonstration_of(event: TraceCaptured) -> TrainingDemonstration | None:
    """The trace as an example; thoughts too short are left out, an answer too short is none."""
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
    """Prompts with the text each is to be answered with: three where the thoughts are known.

    The prompt that asks for thoughts ends in a cue of its own. With equal prompts for thoughts
    and answer, half of the samples would teach the model in service, which is asked without
    the cue, to speak its thoughts to the operator.
    """
    prompt, thinking = demonstration.prompt, demonstration.thinking
    answered = (prompt, demonstration.answer)
    if not thinking:
        return (answered,)
    thought = f"{prompt}\n{_CUE}"
    return (
        (thought, thinking),
        answered,
        (f"{thought}\n{thinking}\n{_ANSWER_CUE}", demonstration.answer),
    )
