"""The answer that the readings themselves give: one sentence for each topic of a question."""

from collections.abc import Callable, Mapping
from functools import partial
from unicodedata import normalize

from ratchet_truth.situation import AskedRow, JudgedSituation, Measured, Topic
from ratchet_truth.vocabulary.phrases import language_in
from ratchet_truth.vocabulary.tokens import tokens_in

_STATED: Mapping[str, str] = {
    "en": "The {metric} of {equipment} is {value}.",
    "de": "Der Wert für {metric} von {equipment} ist {value}.",
    "es": "El valor de {metric} de {equipment} es {value}.",
    "hi": "{equipment} {metric}: {value}।",
    "zh": "{equipment}的{metric}：{value}。",
}
_ABSENT: Mapping[str, str] = {
    "en": "The {metric} of {equipment} is not listed.",
    "de": "Der Wert für {metric} von {equipment} ist nicht aufgeführt.",
    "es": "El valor de {metric} de {equipment} no figura en las lecturas.",
    "hi": "{equipment} {metric}: सूची में नहीं है।",
    "zh": "{equipment}的{metric}：未列出。",
}
_DECIMAL_COMMA = ("de", "es")


def true_answer(
    situation: JudgedSituation, written: Callable[[Measured], str] | None = None
) -> str:
    """The requested readings, or that they are absent, in the language of the question.

    `written` gives the number of a reading as its prompt has it; by default numbers are written
    as the language does. Empty if nothing is known to be asked. Languages without a lexicon get
    English.
    """
    language = _language_of(situation.question) or "en"
    number_of = written or partial(_number_of, language)
    return " ".join(
        _sentence(language, topic, asked, number_of)
        for topic, asked in zip(situation.asked, situation.requested, strict=True)
    )


def has_sentence(question: str) -> bool:
    """Whether `true_answer` speaks the language of the question."""
    return _language_of(question) in _STATED


def _language_of(question: str) -> str:
    text = normalize("NFC", question)
    return language_in(text, tokens_in(text))


def _sentence(
    language: str, topic: Topic, asked: AskedRow, number_of: Callable[[Measured], str]
) -> str:
    if asked.row is None:
        return _ABSENT[language].format(metric=topic.metric, equipment=topic.equipment)
    row = asked.row.source
    value = f"{number_of(row)} {row.unit}".rstrip()
    return _STATED[language].format(metric=row.metric, equipment=row.equipment, value=value)


def _number_of(language: str, row: Measured) -> str:
    number = f"{row.value:.10g}"
    return number.replace(".", ",") if language in _DECIMAL_COMMA else number
