"""Pure measures of an answer: text quality, grounding, plan validity, prompts."""

from ratchet.measures.answer_quality import (
    READ_LIMIT,
    TextQuality,
    blended,
    rule_quality,
    text_quality,
)
from ratchet.measures.equipment import (
    equipment_words,
)
from ratchet.measures.grounding import (
    Grounding,
    RequestedReading,
    grounded,
)
from ratchet.measures.numbers import (
    NumberMention,
    number_mentions,
)
from ratchet.measures.plans import (
    CORE_SCENARIOS,
    DEFAULT_HEIGHTS,
    HEIGHT_BUDGET,
    SCENARIOS,
    SIZES,
    plan_text,
    plan_validity,
    scenario_named,
)
from ratchet.measures.prompts import (
    QUESTION,
    READINGS,
    RESPONSE,
    prompt_for,
    voice_prompt,
    widget_prompt,
)
from ratchet.measures.questions import (
    device_type,
    normalized,
    phrasing_of,
    question_key,
    question_words,
)

__all__ = [
    "CORE_SCENARIOS",
    "DEFAULT_HEIGHTS",
    "HEIGHT_BUDGET",
    "QUESTION",
    "READINGS",
    "READ_LIMIT",
    "RESPONSE",
    "SCENARIOS",
    "SIZES",
    "Grounding",
    "NumberMention",
    "RequestedReading",
    "TextQuality",
    "blended",
    "device_type",
    "equipment_words",
    "grounded",
    "normalized",
    "number_mentions",
    "phrasing_of",
    "plan_text",
    "plan_validity",
    "prompt_for",
    "question_key",
    "question_words",
    "rule_quality",
    "scenario_named",
    "text_quality",
    "voice_prompt",
    "widget_prompt",
]
