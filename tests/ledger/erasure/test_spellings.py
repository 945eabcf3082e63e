"""An erasure finds a question and a user under every spelling that a producer used."""

import pytest

from ledger.domain.erasure import Message
from ledger.erasure.journal import new_request
from ratchet.contract import utc_now

QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
SPELLINGS = (QUERY_ID, QUERY_ID.upper(), f"{{{QUERY_ID}}}", QUERY_ID.replace("-", ""))


def subject(user: str | None, query: str | None):
    return new_request("request-1", "maria", utc_now(), False, user, query).subject


def recorded(query_id: str, user_id: str | int) -> Message:
    return {
        "type": "ExperienceRecorded",
        "event_id": "fact-0001",
        "experience": {"query_id": query_id, "user_id": user_id},
    }


@pytest.mark.parametrize("stored", SPELLINGS)
@pytest.mark.parametrize("named", SPELLINGS)
def test_a_question_is_erased_under_any_spelling(named: str, stored: str):
    erased = subject(None, named)
    message = recorded(stored, "maria")
    erased.learn(message)
    assert erased.query_ids >= {QUERY_ID, stored}
    assert erased.without(message) is None
    other = recorded("q-2", "maria")
    assert erased.without(other) is other


@pytest.mark.parametrize(
    ("named", "stored"),
    [("17", 17), ("Jürgen", "Ju\u0308rgen"), *zip(SPELLINGS, SPELLINGS[::-1], strict=True)],
)
def test_a_user_is_erased_under_any_spelling(named: str, stored: str | int):
    erased = subject(named, None)
    erased.learn(recorded("q-1", stored))
    assert erased.query_ids == {"q-1"}
