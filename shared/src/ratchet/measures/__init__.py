"""Pure measures of an answer: text quality, plan validity, prompts."""

# fmt: off
# isort: off
from ratchet.measures.answer_identity import (
    AnswerIdentity, identity_of, plan_identity, spoken_identity,
)
from ratchet.measures.answer_quality import (
    READ_LIMIT, TextQuality, blended, rule_quality, text_quality,
)
from ratchet.measures.chat_situation import situation_of_chat
from ratchet.measures.plans import (
    CORE_SCENARIOS, DEFAULT_HEIGHTS, HEIGHT_BUDGET, SCENARIOS, SIZES, plan_text, plan_validity,
    scenario_named,
)
from ratchet.measures.prompts import (
    QUESTION, READINGS, RESPONSE, prompt_for, question_text, voice_prompt, widget_prompt,
)
