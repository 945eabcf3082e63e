"""What a teacher gave in answer to one prompt, and whether it can teach anything."""

from ratchet.contract import LEAST_ANSWER, Value

_CUT_OFF = ("length", "content_filter")


class TeacherAnswer(Value):
    """`thinking` is empty where the teacher keeps its thoughts; tokens are the teacher's count."""

    thinking: str = ""
    answer: str
    stop_reason: str = ""
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def unusable(self) -> str | None:
        """Why nothing can be learnt from it; None where something can."""
        if self.stop_reason in _CUT_OFF:
            return f"the answer was cut off ({self.stop_reason}); let the teacher say more"
        length = len(self.answer.strip())
        if length < LEAST_ANSWER:
            return f"an answer of {length} characters shows nothing; {LEAST_ANSWER} do"
        return None
