"""A teacher's answer to one prompt, and whether it can be used for training."""

from ratchet.contract import LEAST_ANSWER, Value

_CUT_OFF = ("length", "content_filter")


class TeacherAnswer(Value):
    """`thinking` is empty if the teacher does not return it; token counts are the teacher's."""

    thinking: str = ""
    answer: str
    stop_reason: str = ""
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def unusable(self) -> str | None:
        """The reason why it cannot be used for training, if any."""
        if self.stop_reason in _CUT_OFF:
            return f"the answer was cut off ({self.stop_reason}): raise the teacher's token limit"
        length = len(self.answer.strip())
        if length < LEAST_ANSWER:
            return f"the answer has {length} characters, at least {LEAST_ANSWER} are required"
        return None
