"""The right to be forgotten: what is asked of every service, and what each answers."""

from typing import Literal

from ratchet.contract.event import Event, Value, derived_id, utc_now


class Remark(Value):
    """A FeedbackReceived about an answer that stays."""

    event_id: str
    query_id: str


class ForgetRequested(Event):
    """Ask every service to erase what it keeps of these questions, and all that was made of them.

    Its `event_id` names the request. `decision_ids` are rankings of theirs, `run_ids` the runs
    that learnt from them, `remarks` what the person said about others' answers. `retrain` lets
    the next run learn anew from all else that those runs had used up. It leaves its stream when
    every service has answered.
    """

    type: Literal["ForgetRequested"] = "ForgetRequested"
    requested_by: str
    query_ids: tuple[str, ...]
    decision_ids: tuple[str, ...] = ()
    run_ids: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    retrain: bool = False


class Forgotten(Event):
    """`service` keeps nothing of the request `caused_by` any more; `erased` counts by kind.

    `examples` are ids of what the ledger had of it: models that learnt from one stay marked.
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
        """One answer of a service to a request, however often it is made."""
        return cls(
            event_id=derived_id(request.event_id, "forgotten", service),
            occurred_at=utc_now(),
            caused_by=request.event_id,
            service=service,
            erased=erased,
            examples=examples,
        )
