"""Erasure: the request to every service, and the report of each."""

from typing import Literal

from ratchet.contract.event import Event, Value, derived_id, utc_now


class Remark(Value):
    """Feedback of the erased user on an answer that is not erased."""

    event_id: str
    query_id: str


class ForgetRequested(Event):
    """Erase what every service stores of these questions and what was derived from them.

    `event_id` identifies the request. `decision_ids` are their rankings, `run_ids` the runs that
    trained on them, `remarks` the user's feedback on other users' answers. With `retrain` the
    next run may use the other examples of those runs again. The event is deleted from its stream
    when every service has reported.
    """

    type: Literal["ForgetRequested"] = "ForgetRequested"
    requested_by: str
    query_ids: tuple[str, ...]
    decision_ids: tuple[str, ...] = ()
    run_ids: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    retrain: bool = False


class Forgotten(Event):
    """`service` has erased what the request `caused_by` names; `erased` counts by kind.

    `examples` are the ids of the ledger's erased examples: models trained on one stay marked.
    """

    type: Literal["Forgotten"] = "Forgotten"
    service: str
    erased: dict[str, int]
    examples: tuple[str, ...] = ()

    @classmethod
    def answering(
        cls,
        request: ForgetRequested,
        service: str,
        erased: dict[str, int],
        examples: tuple[str, ...] = (),
    ) -> "Forgotten":
        """The report of `service` on `request`; its id is the same each time."""
        return cls(
            event_id=derived_id(request.event_id, "forgotten", service),
            occurred_at=utc_now(),
            caused_by=request.event_id,
            service=service,
            erased=erased,
            examples=examples,
        )
