"""The cases of captured prompts, and the answers of both models to them."""

from collections.abc import Iterable

from ratchet.contract import Question, Value, derived_id, prompt_of
from trainer.domain.evaluation.cases import UNKNOWN_LANGUAGE, Case, LanguageOf
from trainer.domain.evaluation.scores import ModelScores
from trainer.domain.shadow.captured_prompt import CapturedPrompt, asked_situation


class ShadowAnswers(Value):
    """The scores of champion (`before`) and challenger (`after`) on captured prompts."""

    cases: tuple[Case, ...]
    before: ModelScores
    after: ModelScores


def shadow_cases(prompts: Iterable[CapturedPrompt], language_of: LanguageOf) -> tuple[Case, ...]:
    """A spoken case for each prompt whose answers can be judged, asked with its messages."""
    return tuple(
        _case(prompt, situation.question, language_of)
        for prompt in prompts
        if (situation := asked_situation(prompt.messages)) is not None
    )


def _case(captured: CapturedPrompt, text: str, language_of: LanguageOf) -> Case:
    parts = [part for one in captured.messages for part in (one.role, one.content)]
    key = derived_id("shadow", *parts)
    return Case(
        case_id=key,
        part="shadow",
        aspect="voice",
        question=Question(key=key, text=text, intent=""),
        prompt=prompt_of(captured.messages),
        messages=captured.messages,
        language=language_of(text) or UNKNOWN_LANGUAGE,
    )
