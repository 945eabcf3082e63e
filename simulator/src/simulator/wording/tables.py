"""The templates of a language, and which of them training data may have.

A context or a whole answer is listed under the condition that makes it true, such as
`above_average`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Literal

Wording = Literal["all", "taught", "held_out"]
"""Which templates may occur: all of them, those of training data, or those of evaluation only."""

Templates = Mapping[str, Sequence[str]]
_EVERY = 4


@dataclass(frozen=True, slots=True)
class LanguageTables:
    """The words of one language, as its file lists them.

    `metrics` has the words of the metrics, `derived` those of an average, a limit and an earlier
    value, `asks` those by which a question is about a limit or a change. `leads` state the value,
    `contexts` follow them, `whole` do both in one sentence.
    `articles` and `devices` are forms by gender.
    """

    spoken: Mapping[str, str]
    metrics: Mapping[str, str]
    derived: Mapping[str, str]
    questions: Templates
    asks: Templates
    leads: Templates
    contexts: Templates
    whole: Templates
    absent: Templates
    faults: Templates
    thinking: Templates
    genders: Templates = field(default_factory=dict)
    articles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    devices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def articles_of(self, metric: str) -> Mapping[str, str]:
        """The forms that depend on the gender of a metric: "die", "den"; none in English."""
        masculine = metric in self.genders.get("m", ())
        return self.articles.get("m" if masculine else "f", {})

    def derived_name(self, kind: str, metric: str) -> str:
        """The name of a metric's average, limit or earlier value: "average power"."""
        forms = {**self.articles_of(metric), "metric": self.metrics[metric]}
        return self.derived[kind].format(**forms)

    def every_table(self) -> dict[str, Sequence[str]]:
        """Each list of templates by its name."""
        parts = {
            "questions": self.questions,
            "leads": self.leads,
            "contexts": self.contexts,
            "whole": self.whole,
            "absent": self.absent,
            "faults": self.faults,
        }
        return {
            f"{part}.{name}": templates
            for part, tables in parts.items()
            for name, templates in tables.items()
        }


def worded(templates: Sequence[str], wording: Wording) -> Sequence[str]:
    """Those of a list that `wording` allows; every fourth is for evaluation only."""
    if wording == "all":
        return templates
    held_out = wording == "held_out"
    return [one for at, one in enumerate(templates) if (at % _EVERY == _EVERY - 1) == held_out]


def _read(language: str) -> LanguageTables:
    text = files("simulator.wording").joinpath(f"data/{language}.toml").read_text("utf-8")
    return LanguageTables(**tomllib.loads(text))


LANGUAGES = {language: _read(language) for language in ("en", "de", "es")}
"""The tables by language."""
