"""Whatever a judge sends beside a rating, the rating is read."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.domain.judge_repairs import without_invalid_parts
from ratchet.contract import Feedback, Judgement

NUMBERS = st.integers(-3, 300) | st.floats(-1, 100)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=4)
WIDGET = st.dictionaries(
    st.sampled_from(["widget_index", "appropriateness_score", "size_appropriate", "issues"]),
    LEAVES | st.lists(LEAVES, max_size=3),
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)
FIELDS = [*Judgement.model_fields, "user_id"]


@settings(max_examples=50, deadline=None)
@given(
    judged=st.dictionaries(st.sampled_from(FIELDS), ANYTHING | st.lists(WIDGET, max_size=4)),
    touches=st.lists(st.dictionaries(st.sampled_from(["widget_index", "action"]), LEAVES)),
)
def test_the_rating_of_every_message_is_read(judged: dict[str, Any], touches: list[Any]):
    sent = {**judged, "query_id": "q-1", "rating": "down", "interactions": touches[:50]}
    read, warnings = without_invalid_parts(sent)
    feedback = Feedback.model_validate(read)
    assert feedback.rating == "down"
    assert all("was ignored" in warning.message for warning in warnings)


def test_of_very_many_invalid_parts_the_whole_field_is_left_out():
    widgets = [{"widget_index": -1} for _ in range(3000)]
    read, warnings = without_invalid_parts(
        {"rating": "up", "query_id": "q", "issues": 1, "per_widget_feedback": widgets}
    )
    assert "per_widget_feedback" not in read
    assert Feedback.model_validate(read).rating == "up"
    assert warnings
