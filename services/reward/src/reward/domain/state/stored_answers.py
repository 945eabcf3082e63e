"""Stored answers under the spelling of an id that an earlier release used."""

from ratchet.contract import State
from reward.domain.state.answer_facts import Fact, query_id_of
from reward.domain.state.batch_state import BatchState
from reward.domain.state.scored_answer import ScoredAnswer
from reward.domain.state.state_keys import answer_key
from reward.domain.state.stored_values import read_values, stored_spellings


async def about_stored_answers(batch: list[Fact], current: BatchState, state: State) -> list[Fact]:
    """`batch` with answers and feedback under the spelling of an id that an earlier release stored.

    So an answer that is sent again under another spelling is no second one.
    """
    unknown = set(map(query_id_of, batch)) - current.answers.keys()
    stored = await stored_spellings(state, unknown)
    if not stored:
        return batch
    current.answers |= await read_values(state, answer_key, stored.values(), ScoredAnswer)
    return [fact.about(stored.get(query_id_of(fact), query_id_of(fact))) for fact in batch]
