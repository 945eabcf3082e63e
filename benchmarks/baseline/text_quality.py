"""A straightforward implementation of the contract's text-quality rules: one regex each."""

import re

_EQUIPMENT = (
    "pump|compressor|boiler|chiller|motor|generator|transformer|conveyor|fan|valve|tank|turbine|"
    "tower|heater|cooler|mixer|press|oven|furnace|crane|robot|dryer|exchanger|separator|panel|"
    "inverter|battery|reactor|crusher|kiln|mill|filter|packer|palletizer|filler|labeler|wrapper|"
    "sealer|extruder|condenser|evaporator|charger|rectifier|switchgear|hvac|ahu|ups|vfd"
)
_EQUIPMENT_WORD = re.compile(rf"\b({_EQUIPMENT})s?\b", re.IGNORECASE)
_EQUIPMENT_IDS = (
    re.compile(rf"\b({_EQUIPMENT})[ _#-]*(\d+)\b", re.IGNORECASE),
    re.compile(r"\b([A-Z]{2,5})[ -]?(\d{2,})\b"),
    re.compile(r"\b([A-Za-z]+)[ -](0\d+)\b"),
)
_NUMBER = r"\d+(?:[.,]\d+)*\s*"
_VALUES = tuple(
    re.compile(rf"{_NUMBER}(?:{units})(?![A-Za-z])", re.IGNORECASE)
    for units in (
        r"m?bar|[kmh]?pa|psi|pascals?|kilopascals?|megapascals?",
        r"°\s*[cf]|degrees?(?:\s+(?:celsius|fahrenheit))?|celsius|fahrenheit|kelvin",
        r"[kmg]?wh?|kva|kvar|hp|(?:kilo|mega|giga)?watt(?:[ -]?hour)?s?|horsepower",
        r"[kmg]?j|(?:kilo|mega)?joules?|btu",
        r"rpm|[km]?hz|hertz|m/s|km/h|revolutions?",
        r"mm/s|mm|µm|microns?|millimeters?(?:\s+per\s+second)?",
        r"m?a|k?v|volts?|amps?|amperes?|ohms?|kilovolts?",
        r"%|percent|pct",
        r"m3/h|m³/h|l/s|l/min|l/h|lpm|gpm|cubic\s+meters?|lit(?:er|re)s?|kg/h|t/h",
        r"ms|s|sec|seconds?|min|minutes?|h|hr|hours?|days?|weeks?",
    )
)
_BARE_NUMBER = re.compile(r"\b\d+(?:\.\d+)?\b")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')*_`]*\s+")
_FILLER = re.compile(
    r"^[\s\"'*_#>`-]*(?:sure|let me|based on|i'd be happy to|i would be happy to|i'm happy to|"
    r"here's what i|here is what i|well,|certainly|of course|absolutely|great question|"
    r"good question|okay|ok,|so,|thank you for|thanks for|as an ai|according to the data|"
    r"i can help|i will check|i'll check)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://\S+|www\.\S+")
_MARKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\*.*\*|__|~~",
        r"^\s*#+",
        r"\[[^\]]*\]\([^)]*\)",
        r"^\s*(?:[-*+•–]|\d+[.)])\s",
        r"`",
        r"https?://|www\.",
        r"\|.*\|",
        r"\([^()]{30,}\)",
    )
)
_WORD = re.compile(r"[A-Za-z]+")


def quality(text: str, question: str) -> dict[str, float]:
    """The five scores and `total`, each in 0..1, of the whole text."""
    if not text.strip():
        return dict.fromkeys((*_WEIGHTS, "total"), 0.0)
    spoken = _ADDRESS.sub(" ", text)
    ids = {results for pattern in _EQUIPMENT_IDS for results in pattern.findall(spoken.lower())}
    ids |= {(name.lower(), number) for name, number in _EQUIPMENT_IDS[1].findall(spoken)}
    without_ids = spoken
    for pattern in _EQUIPMENT_IDS:
        without_ids = pattern.sub(" ", without_ids)
    values = sum(len(pattern.findall(without_ids)) for pattern in _VALUES)
    sentences = [piece for piece in _SENTENCE_END.split(spoken) if _WORD.search(piece)]
    scores = {
        "groundedness": _groundedness(spoken, question, ids, values),
        "conciseness": _CONCISENESS.get(len(sentences), 0.2),
        "directness": _directness(text, sentences),
        "specificity": _specificity(without_ids, values),
        "tts_friendliness": _tts_friendliness(text, spoken),
    }
    scores["total"] = sum(weight * scores[name] for name, weight in _WEIGHTS.items())
    return scores


_WEIGHTS = {
    "groundedness": 0.25, "conciseness": 0.2, "directness": 0.2, "specificity": 0.2,
    "tts_friendliness": 0.15,
}  # fmt: skip
_CONCISENESS = {0: 0.1, 1: 0.7, 2: 1.0, 3: 1.0, 4: 0.7, 5: 0.4}


def _groundedness(text: str, question: str, ids: set[tuple[str, str]], values: int) -> float:
    score = min(0.4, 0.2 * len(ids)) + min(0.3, 0.15 * values)
    named = {word.lower() for word in _EQUIPMENT_WORD.findall(question)}
    if named & {word.lower() for word in _EQUIPMENT_WORD.findall(text)}:
        score += 0.3
    return min(1.0, score)


def _directness(text: str, sentences: list[str]) -> float:
    if _FILLER.search(text):
        return 0.3
    first = sentences[0] if sentences else ""
    plain = first
    for pattern in _EQUIPMENT_IDS:
        plain = pattern.sub(" ", plain)
    named = _EQUIPMENT_WORD.search(first) or any(p.search(first) for p in _EQUIPMENT_IDS)
    return 0.6 + 0.2 * bool(_BARE_NUMBER.search(plain)) + 0.2 * bool(named)


def _specificity(without_ids: str, values: int) -> float:
    if values:
        return {1: 0.7, 2: 0.85}.get(values, 1.0)
    bare = len(_BARE_NUMBER.findall(without_ids))
    return 0.5 if bare > 1 else 0.35 if bare else 0.15


def _tts_friendliness(text: str, spoken: str) -> float:
    hits = sum(bool(mark.search(line)) for line in text.splitlines() for mark in _MARKS)
    words = _WORD.findall(spoken)
    score = 1 - 0.15 * hits
    if words and sum(map(len, words)) / len(words) < 5.5:
        score += 0.1
    score -= 0.2 if len(text) > 500 else 0.1 if len(text) > 300 else 0.0
    return min(1.0, max(0.0, score))
