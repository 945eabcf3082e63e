"""A teacher's answer to one prompt, and whether it can be used for training."""

from ratchet.contract import LEAST_ANSWER, Value
from ratchet_text import control_token, is_blank, was_cut_off


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
        if was_cut_off(self.stop_reason):
            return f"the answer was cut off ({self.stop_reason}): raise the teacher's token limit"
        length = len(self.answer.strip())
        if length < LEAST_ANSWER:
            return f"the answer has {length} characters, at least {LEAST_ANSWER} are required"
        if is_blank(self.answer):
            return "the answer has no words"
        if token := control_token(self.answer):
            return f"the answer contains the control token {token}: check the teacher's template"
        return None
