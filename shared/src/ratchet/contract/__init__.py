"""Events, streams and handler outcomes. Depends on pydantic only."""

# fmt: off
# isort: off
from ratchet.contract.call import (
    CallCheck, CallFault, CallServed, ChatMessage, CheckOutcome, one_turn, prompt_of,
)
from ratchet.contract.client_values import (
    DecisionId, ClientInput, EventId, Moment, OtherId, Place, QueryId, UserId, without_place,
)
from ratchet.contract.command import (
    ActivationRequested, CancelRequested, RollbackRequested, TrainingRequested,
)
from ratchet.contract.erasure import ForgetRequested, Forgotten, Remark
from ratchet.contract.event import (
    CLOCK_TOLERANCE_S, ArtifactRef, Aspect, Event, Stamp, Statement, Value, derived_id, latest,
    microseconds, time_of, utc_now,
)
from ratchet.contract.example import (
    BuiltExample, DemonstrationBuilt, Example, ExampleRetracted, LabelBuilt, PairBuilt,
    Question, Reading, Source,
)
from ratchet.contract.experience import (
    FEEDBACK_WINDOW_DAYS, Experience, ExperienceRecorded, Feedback, FeedbackReceived, FollowUp,
    Intent, Judgement, Rating, WidgetInteraction, WidgetJudgement, WidgetPlan,
    is_evaluation_agent, is_plan,
)
from ratchet.contract.model import (
    ActivationRefused, BaseTried, FormatTried, ModelActivated, ModelRefused, ModelRegistered,
    ModelRolledBack, Parity, RegistryKind, ServedFault, ServedParity,
)
from ratchet.contract.outcomes import (
    Delivered, Done, Handle, Handlers, Invalid, Later, Outcome, State, Unavailable, Write,
)
from ratchet.contract.ranking_events.decisions import (
    CALLERS_ORDER, SAFETY_SCENARIOS, Candidate, DecisionMade, RankingPolicy, RankingQuery,
    ServedPlan, ServedWidget,
)
from ratchet.contract.reward import ExperienceScored
from ratchet.contract.run import (
    Answer, BaseTrialRequested, CheckpointReady, CurvePoint, GateFigures, Interval, Method,
    RunFinished, RunProgressed, RunStarted, Scores, ShadowFigures, SliceGain, Stage, Verdict,
)
from ratchet.contract.ranking_events.scorers import (
    Estimate, Evidence, PolicyName, ScorerKeptBack, ScorerPublished, ScorerWithdrawn,
)
from ratchet.contract.stream_position import (
    BEGINNING, RESTORED_KEY, REVISION_FLOOR_KEY, EntryId, GroupPosition,
)
from ratchet.contract.streams import (
    CALLS, CHECKPOINTS, COMMANDS, DECISIONS, EXAMPLES, EXPERIENCES, FEEDBACK, FORGOTTEN, MODELS,
    REWARDS, RUNS, SCORERS, STREAMS, TRACES, TRACE_REQUESTS, Stream, stream_of,
)
from ratchet.contract.trace import LEAST_ANSWER, LEAST_THINKING, TraceCaptured, TraceRequested
