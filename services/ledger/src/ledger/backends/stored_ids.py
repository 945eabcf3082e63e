"""The ids under which the events and answers of a batch are stored."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, select

from ledger.backends.rows import chunks
from ledger.backends.tables import events, experiences
from ledger.domain.values import keys_of, plain
from ratchet.contract import Delivered, Event, ExperienceRecorded, FeedbackReceived, stream_of
from ratchet.delivery import under_another_id


def _stored_among(connection: Connection, event_ids: Iterable[str]) -> dict[str, str]:
    """The streams of the stored events among `event_ids`, by id."""
    stored = select(events.c.event_id, events.c.stream).where(
        events.c.event_id.in_(list(event_ids))
    )
    return {row.event_id: row.stream for row in connection.execute(stored)}


def with_own_ids(
    connection: Connection, batch: Iterable[Delivered[Event]]
) -> dict[str, Delivered[Event]]:
    """The first new delivery of each event by its id; one that another stream has is replaced."""
    by_id: dict[tuple[str, str], Delivered[Event]] = {}
    for each in batch:
        by_id.setdefault((each.event.event_id, stream_of(each.event).name), each)
    stored = _stored_among(connection, {event_id for event_id, _ in by_id})
    new: dict[str, Delivered[Event]] = {}
    apart: dict[str, Delivered[Event]] = {}
    for (event_id, stream), each in by_id.items():
        if stored.get(event_id, stream) != stream or event_id in new:
            renamed = under_another_id(each.event)
            apart[renamed.event_id] = each._replace(event=renamed)
        elif event_id not in stored:
            new[event_id] = each
    known = _stored_among(connection, apart) if apart else {}
    return new | {event_id: each for event_id, each in apart.items() if event_id not in known}


def about_stored_answers(
    connection: Connection, batch: Iterable[Delivered[Event]]
) -> list[Delivered[Event]]:
    """`batch` with answers and feedback under the spelling of an id that is stored already.

    An earlier release stored what was sent. So an answer that is sent again is no second one.
    """
    deliveries = list(batch)
    named = {name for each in deliveries if (name := _query_id_of(each.event)) is not None}
    stored = _stored_answers(connection, set(map(plain, named)))
    unknown = {name for name in named if plain(name) not in stored}
    earlier = {key: name for name in unknown for key in keys_of(name)[1:]}
    renamed = {earlier[key]: key for key in _stored_answers(connection, earlier)}
    return [
        each._replace(event=each.event.about(renamed[name]))
        if isinstance(each.event, ExperienceRecorded | FeedbackReceived)
        and (name := _query_id_of(each.event)) in renamed
        else each
        for each in deliveries
    ]


def _query_id_of(event: Event) -> str | None:
    """The answer that a recorded answer or feedback is about, None for other events."""
    if isinstance(event, ExperienceRecorded):
        return event.experience.query_id
    return event.feedback.query_id if isinstance(event, FeedbackReceived) else None


def _stored_answers(connection: Connection, keys: Collection[str]) -> set[str]:
    """Those of `keys` that have a row."""
    stored: set[str] = set()
    for some in chunks(keys):
        rows = select(experiences.c.query_id).where(experiences.c.query_id.in_(some))
        stored.update(connection.execute(rows).scalars())
    return stored
