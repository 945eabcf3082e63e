"""Generates the spoken answers of a plant's stored history."""

from random import Random

from ratchet_testing.legacy.questions import LegacyQuestion
from simulator.answers import capitalized

GOOD_QUALITY = 0.92

# kind: (frequency weight, true quality in 0..1, texts)
_FAULTS: dict[str, tuple[float, float, tuple[str, ...]]] = {
    "filler": (
        0.35,
        0.25,
        (
            "Sure, let me look at {name} for you. I have found what you asked for.",
            "Well, that is a good question. Here's what I found: all is as it was before.",
            "I'd be happy to help with {name}. Based on the data, things look stable.",
        ),
    ),
    "markdown": (
        0.3,
        0.15,
        (
            "**{name}** looks fine.\n- See `{slug}`\n- More: https://plant.example/d/{slug}",
            "Okay, here is the list:\n- state: **ok**\n- details: [open](https://plant.example)",
        ),
    ),
    "vague": (
        0.35,
        0.3,
        (
            "The system has some information about this.",
            "It seems to be in the usual range, more or less.",
            "You can see it on the dashboard.",
        ),
    ),
}


def draw_voice(rng: Random, question: LegacyQuestion, good: bool) -> tuple[str, float]:
    """A spoken text and its true quality in 0..1."""
    if good:
        return _spoken(rng, rng.choice(question.topic.answers), question), GOOD_QUALITY
    weights = [weight for weight, _, _ in _FAULTS.values()]
    _, quality, texts = rng.choices(tuple(_FAULTS.values()), weights)[0]
    return _spoken(rng, rng.choice(texts), question), quality


def _spoken(rng: Random, template: str, question: LegacyQuestion) -> str:
    value = rng.randint(18, 88)
    text = template.format(
        name=question.names[0],
        other=question.names[-1],
        slug=question.devices[0],
        a=value,
        b=value + rng.randint(1, 9),
        p=rng.randint(2, 48),
    )
    return capitalized(text)
