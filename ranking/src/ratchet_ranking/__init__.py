"""Ranking of widget candidates: embeddings, scorers, exploration and propensities."""

# fmt: off
# isort: off
from ratchet_ranking.embedding import Embedding, UnusableEmbedding
from ratchet_ranking.embeddings import embedding_named
from ratchet_ranking.exploration import Exploration, explore, greedy_order
from ratchet_ranking.features import (
    CHARACTERISTIC, CHARACTERISTICS, INTENT, INTENTS, MOST_WIDGETS, OTHER_SCENARIO, QUERY,
    SCENARIO, SCENARIO_ROW, TEXT, TEXT_SCALE, WIDGET, WIDTH, Matrix, Vector, scenario_table,
    structure_inputs, widget_rows, with_scenarios,
)
from ratchet_ranking.hashing import HashingEmbedding
from ratchet_ranking.ranker import Ranking, in_callers_order, rank, worths_of
from ratchet_ranking.scorer import (
    COMPOSITION_WIDTH, HIDDEN, RANK, CompositionScorer, LowRankScorer, Scorers, discounts,
    presence, scenario_indices,
)
from ratchet_ranking.scorer_file import (
    ScorerManifest, UnusableScorer, libraries, read_scorer, scorer_bytes,
)
