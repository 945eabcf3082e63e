"""The status of the scorers, as the trainer reports it and the page shows it."""

from pydantic import BaseModel, ConfigDict


class ScorerStatus(BaseModel):
    """`lr` is the learning rate. Until the trainer reports, counts are 0 and the rest is null."""

    model_config = ConfigDict(extra="allow", json_schema_serialization_defaults_required=True)

    type: str
    parameters: int | None = None
    device: str | None = None
    training_steps: int = 0
    total_feedback_events: int = 0
    avg_loss: float | None = None
    avg_val_loss: float | None = None
    best_val_loss: float | None = None
    lr: float | None = None
    lr_decays: int = 0
    replay_buffer_size: int = 0
    val_buffer_size: int = 0
    recent_losses: list[float] = []
    recent_val_losses: list[float] = []


class LowRankStatus(ScorerStatus):
    type: str = "low_rank_scorer"
    rank: int | None = None
    input_dim: int | None = None


class CompositionStatus(ScorerStatus):
    type: str = "composition_scorer"
    scenario_dim: int | None = None
