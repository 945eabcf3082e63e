"""Ranking of widget candidates: embeddings, scorers, exploration and propensities."""

# fmt: off
# isort: off
from ratchet.ranking.embedding import Embedding, UnusableEmbedding
from ratchet.ranking.embeddings import embedding_named
from ratchet.ranking.exploration import Exploration, explore, greedy_order
from ratchet.ranking.features import (
    CHARACTERISTIC, CHARACTERISTICS, INTENT, INTENTS, MOST_WIDGETS, OTHER_SCENARIO, QUERY,
    SCENARIO, SCENARIO_ROW, TEXT, TEXT_SCALE, WIDGET, WIDTH, Matrix, Vector, scenario_table,
    structure_inputs, widget_rows, with_scenarios,
)
from ratchet.ranking.hashing import HashingEmbedding
from ratchet.ranking.ranker import Ranking, in_callers_order, rank, worths_of
from ratchet.ranking.scorer import (
    COMPOSITION_WIDTH, HIDDEN, RANK, CompositionScorer, LowRankScorer, Scorers, discounts,
    presence, scenario_indices,
)
from ratchet.ranking.scorer_file import (
    ScorerManifest, UnusableScorer, libraries, read_scorer, scorer_bytes,
)
