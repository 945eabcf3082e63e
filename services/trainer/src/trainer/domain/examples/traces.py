"""The samples that supervised fine-tuning makes from one demonstration."""

from ratchet.contract import DemonstrationBuilt, TraceCaptured

_CUE = "Think first:"
_ANSWER_CUE = "Response:"


def samples_of(example: DemonstrationBuilt | TraceCaptured) -> tuple[tuple[str, str], ...]:
    """Pairs of prompt and completion: three for a trace with thoughts, otherwise one.

    The prompt for the thoughts ends in a cue of its own. With equal prompts for thoughts and
    answer, half of the samples would teach the model in service, which is prompted without the
    cue, to present its thoughts to the operator.
    """
    prompt, (answer,) = example.prompt, example.answers
    thoughts = example.thoughts if isinstance(example, TraceCaptured) else ""
    if not thoughts:
        return ((prompt, answer),)
    cued = f"{prompt}\n{_CUE}"
    return (
        (cued, thoughts),
        (prompt, answer),
        (f"{cued}\n{thoughts}\n{_ANSWER_CUE}", answer),
    )
