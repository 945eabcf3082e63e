"""Scored revisions, logged decisions and the learned state, in SQL."""

from collections.abc import Iterator, Sequence
from datetime import UTC

from sqlalchemy import Connection, Engine, Row, delete, func, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from ratchet.contract import DecisionMade, Delivered, ExperienceScored
from trainer.backends.sql.short_transactions import add_once, read, read_first
from trainer.backends.sql.tables import decisions, learner, scored
from trainer.domain.scorer.learned_state import LearnedState, LearningProgress
from trainer.domain.scorer.lesson import ScoredRevision, skip_reason
from trainer.domain.scorer.logged_decision import OutcomeRef
from trainer.domain.scorer.rules import LearningRules

_CHUNK = 500


class SqlRankingStore:
    """Retains the last `revisions` that taught, and skipped ones among the last `revisions`.

    Retains decisions with an outcome, and the last `decisions`: most never get an outcome, but
    one may arrive long after its decision.
    """

    def __init__(
        self,
        engine: Engine,
        rules: LearningRules,
        revisions: int = 20_000,
        decisions: int = 100_000,
    ) -> None:
        self._engine = engine
        self._rules = rules
        self._revisions = revisions
        self._decisions = decisions

    def add_scored(self, batch: Sequence[Delivered[ExperienceScored]]) -> None:
        """Number new revisions in order of arrival; ignore those already stored."""
        with self._engine.begin() as connection:
            known, newest = _revisions(connection, {each.event.query_id for each in batch})
            taught = _taught(connection, {(event.user_id, _day(event)) for event, *_ in batch})
            rows = []
            for event, payload, _ in batch:
                if (event.query_id, event.revision) in known:
                    continue
                known.add((event.query_id, event.revision))
                today = (event.user_id, _day(event))
                why = skip_reason(
                    event, newest.get(event.query_id, 0), taught.get(today, 0), self._rules
                )
                taught[today] = taught.get(today, 0) + (why is None)
                newest[event.query_id] = max(newest.get(event.query_id, 0), event.revision)
                rows.append(
                    {
                        "query_id": event.query_id,
                        "revision": event.revision,
                        "user_id": event.user_id,
                        "day": today[1],
                        "taught": taught[today],
                        "skipped": why,
                        "decision_id": event.plan.decision_id if event.plan else None,
                        "event": payload.decode(),
                    }
                )
            if rows:
                connection.execute(insert(scored), rows)

    def add_decisions(self, batch: Sequence[Delivered[DecisionMade]]) -> None:
        rows = [
            {"decision_id": event.event_id, "event": payload.decode()}
            for event, payload, _ in batch
        ]
        add_once(self._engine, decisions.c.decision_id, rows)

    def learned_state(self) -> LearnedState | None:
        row = read_first(self._engine, select(learner))
        if row is None:
            return None
        return LearnedState(LearningProgress.model_validate_json(row.progress), row.tensors)

    def commit(self, state: LearnedState) -> None:
        """Store `state` and delete what exceeds the retention limits, in one transaction."""
        values = {"progress": state.progress.model_dump_json(), "tensors": state.tensors}
        with self._engine.begin() as connection:
            connection.execute(
                insert(learner)
                .values(only=1, **values)
                .on_conflict_do_update(index_elements=["only"], set_=values)
            )
            cursor = state.progress.cursor
            untaught = scored.c.skipped.is_not(None)
            connection.execute(
                delete(scored).where(untaught, scored.c.sequence <= cursor - self._revisions)
            )
            past = (
                select(scored.c.sequence)
                .where(scored.c.skipped.is_(None), scored.c.sequence <= cursor)
                .order_by(scored.c.sequence.desc())
                .limit(1)
                .offset(self._revisions)
                .scalar_subquery()
            )
            connection.execute(delete(scored).where(scored.c.sequence <= past, ~untaught))
            newest = select(func.max(decisions.c.number)).scalar_subquery()
            answered = select(scored.c.decision_id).where(scored.c.decision_id.is_not(None))
            connection.execute(
                delete(decisions).where(
                    decisions.c.number <= newest - self._decisions,
                    decisions.c.decision_id.not_in(answered),
                )
            )

    def unlearned(self, after: int, most: int) -> list[ScoredRevision]:
        """The next `most` revisions after number `after`."""
        rows = select(scored).where(scored.c.sequence > after).order_by(scored.c.sequence)
        return [_scored(row) for row in read(self._engine, rows.limit(most))]

    def learned_revisions(self, until: int) -> Iterator[ScoredRevision]:
        """The stored revisions that taught, up to number `until`, in order."""
        rows = select(scored).where(scored.c.sequence <= until, scored.c.skipped.is_(None))
        with self._engine.connect() as connection:
            for row in connection.execute(rows.order_by(scored.c.sequence)):
                yield _scored(row)

    def outcome_refs(self, most: int) -> list[OutcomeRef]:
        """The newest revision of each of the last `most` answered decisions, oldest first."""
        newest = (
            select(func.max(scored.c.sequence).label("sequence"), scored.c.decision_id)
            .join(decisions, decisions.c.decision_id == scored.c.decision_id)
            .where(scored.c.skipped.is_(None))
            .group_by(scored.c.decision_id)
            .order_by(func.max(scored.c.sequence).desc())
            .limit(most)
        )
        rows = reversed(read(self._engine, newest))
        return [OutcomeRef(row.decision_id, row.sequence) for row in rows]

    def logged_decisions(
        self, outcomes: Sequence[OutcomeRef]
    ) -> list[tuple[DecisionMade, ExperienceScored]]:
        logged: list[tuple[DecisionMade, ExperienceScored]] = []
        pairs = (
            select(decisions.c.event.label("decision"), scored.c.event)
            .join(scored, scored.c.decision_id == decisions.c.decision_id)
            .order_by(scored.c.sequence)
        )
        its_key = tuple_(scored.c.decision_id, scored.c.sequence)
        for at in range(0, len(outcomes), _CHUNK):
            for row in read(self._engine, pairs.where(its_key.in_(outcomes[at : at + _CHUNK]))):
                decision = DecisionMade.model_validate_json(row.decision)
                logged.append((decision, ExperienceScored.model_validate_json(row.event)))
        return logged

    def skip_counts(self) -> dict[str, int]:
        """The number of stored revisions that do not teach, by reason."""
        counted = (
            select(scored.c.skipped, func.count().label("revisions"))
            .where(scored.c.skipped.is_not(None))
            .group_by(scored.c.skipped)
        )
        return {row.skipped: row.revisions for row in read(self._engine, counted)}


def _revisions(
    connection: Connection, query_ids: set[str]
) -> tuple[set[tuple[str, int]], dict[str, int]]:
    rows = connection.execute(
        select(scored.c.query_id, scored.c.revision).where(scored.c.query_id.in_(query_ids))
    )
    known = {(row.query_id, row.revision) for row in rows}
    newest: dict[str, int] = {}
    for query_id, revision in known:
        newest[query_id] = max(newest.get(query_id, 0), revision)
    return known, newest


def _taught(connection: Connection, operators: set[tuple[str, int]]) -> dict[tuple[str, int], int]:
    rows = connection.execute(
        select(scored.c.user_id, scored.c.day, func.max(scored.c.taught).label("taught"))
        .where(tuple_(scored.c.user_id, scored.c.day).in_(operators))
        .group_by(scored.c.user_id, scored.c.day)
    )
    return {(row.user_id, row.day): row.taught for row in rows}


def _day(event: ExperienceScored) -> int:
    return event.occurred_at.astimezone(UTC).toordinal()


def _scored(row: "Row[tuple[object, ...]]") -> ScoredRevision:
    event = ExperienceScored.model_validate_json(row.event)
    return ScoredRevision(row.sequence, event, teaches=row.skipped is None)
