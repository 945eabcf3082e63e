"""Ranking of widget candidates: embeddings, scorers, exploration and propensities."""

from ratchet.ranking.embedding import (
    Embedding,
    UnusableEmbedding,
)
from ratchet.ranking.embeddings import (
    embedding_named,
)
from ratchet.ranking.exploration import (
    Exploration,
    explore,
    greedy_order,
)
from ratchet.ranking.features import (
    CHARACTERISTIC,
    CHARACTERISTICS,
    INTENT,
    INTENTS,
    MOST_WIDGETS,
    OTHER_SCENARIO,
    QUERY,
    SCENARIO,
    SCENARIO_ROW,
    TEXT,
    TEXT_SCALE,
    WIDGET,
    WIDTH,
    Matrix,
    Vector,
    scenario_table,
    structure_inputs,
    widget_rows,
    with_scenarios,
)
from ratchet.ranking.hashing import (
    HashingEmbedding,
)
from ratchet.ranking.ranker import (
    Ranking,
    in_callers_order,
    rank,
    worths_of,
)
from ratchet.ranking.scorer import (
    COMPOSITION_WIDTH,
    HIDDEN,
    RANK,
    CompositionScorer,
    LowRankScorer,
    Scorers,
    discounts,
    presence,
    scenario_indices,
)
from ratchet.ranking.scorer_file import (
    ScorerManifest,
    UnusableScorer,
    libraries,
    read_scorer,
    scorer_bytes,
)

__all__ = [
    "CHARACTERISTIC",
    "CHARACTERISTICS",
    "COMPOSITION_WIDTH",
    "HIDDEN",
    "INTENT",
    "INTENTS",
    "MOST_WIDGETS",
    "OTHER_SCENARIO",
    "QUERY",
    "RANK",
    "SCENARIO",
    "SCENARIO_ROW",
    "TEXT",
    "TEXT_SCALE",
    "WIDGET",
    "WIDTH",
    "CompositionScorer",
    "Embedding",
    "Exploration",
    "HashingEmbedding",
    "LowRankScorer",
    "Matrix",
    "Ranking",
    "ScorerManifest",
    "Scorers",
    "UnusableEmbedding",
    "UnusableScorer",
    "Vector",
    "discounts",
    "embedding_named",
    "explore",
    "greedy_order",
    "in_callers_order",
    "libraries",
    "presence",
    "rank",
    "read_scorer",
    "scenario_indices",
    "scenario_table",
    "scorer_bytes",
    "structure_inputs",
    "widget_rows",
    "with_scenarios",
    "worths_of",
]
