"""Examples whose facts are copied, and their copies."""

from collections.abc import Sequence

from ratchet.contract import PairBuilt, Question, Reading
from ratchet.measures import voice_prompt
from ratchet_truth import RequestedReading
from trainer.domain.counterfactuals.copies import varied
from trainer.domain.runs.recipe import VariationRecipe

from .conftest import built

RECIPE = VariationRecipe(questions=0, absent=0, copies=4)
PUMPS = (
    RequestedReading("pump 001", "power", 45.3, "kW"),
    RequestedReading("pump 001", "average power", 50.2, "kW"),
    RequestedReading("pump 001", "power limit", 60.5, "kW"),
    RequestedReading("pump 002", "power", 71.4, "kW"),
)
TAGS = (
    RequestedReading("P-101A", "pressure", 6.25, "bar"),
    RequestedReading("P-204B", "pressure", 4.75, "bar"),
)
COOLING = (
    RequestedReading("Kühlwasserpumpe 2", "Druck", 3.45, "bar"),
    RequestedReading("Kühlwasserpumpe 2", "Druck Grenzwert", 4.25, "bar"),
    RequestedReading("Kühlwasserpumpe 3", "Druck", 2.85, "bar"),
)


def pair(
    chosen: str,
    rejected: str = "Sure, let me check that for you.",
    question: str = "What is the power of pump 001?",
    rows: Sequence[RequestedReading] = PUMPS,
    name: str = "origin",
) -> PairBuilt:
    first = rows[0]
    asked = Reading(
        equipment=first.equipment, metric=first.metric, value=first.value, unit=first.unit
    )
    return built(0).model_copy(
        update={
            "example_id": name,
            "question": Question(key="key", text=question, intent="query", asked=asked),
            "prompt": voice_prompt(question, rows),
            "chosen": chosen,
            "rejected": rejected,
        }
    )


def copies(example: PairBuilt, recipe: VariationRecipe = RECIPE, seed: int = 42) -> list[PairBuilt]:
    origin, *made = varied([example], recipe, seed).examples
    assert origin is example
    assert all(isinstance(copy, PairBuilt) for copy in made)
    return made  # type: ignore[return-value]


ORIGINS = (
    pair("Pump 001 draws 45.3 kW. That is below its limit of 60.5 kW.", name="limit"),
    pair("It is at 45.3 kW, and pump 002 at 71.4 kW.", "Pump 001 draws 71.4 kW.", name="two"),
    pair("The power of pump 001 is 45.3 kilowatts.", name="words"),
    pair("P-101A is at 6.25 bar.", question="P-101A pressure?", rows=TAGS, name="tags"),
    pair(
        "Der Druck von Kühlwasserpumpe 2 beträgt 3,45 bar, unter dem Grenzwert von 4,25 bar.",
        question="Wie hoch ist der Druck von Kühlwasserpumpe 2?",
        rows=COOLING,
        name="german",
    ),
)
