"""The table of a run, and what holds for all of it."""

from collections.abc import Sequence

from fault_injection.audit import Findings
from fault_injection.checked_answers import CheckedAnswers
from fault_injection.load import Load
from fault_injection.observation import Outcome
from rich.console import Console
from rich.table import Table


def row_of(outcome: Outcome) -> str:
    return (
        f"{outcome.fault}; answers: {outcome.answers}; accepted per second: at least "
        f"{outcome.slowest}, median {outcome.median}; recovery: {outcome.recovery}; "
        f"lost {len(outcome.findings.lost)}, doubled {len(outcome.findings.doubled)}"
        f"{'; ' if outcome.notes else ''}{outcome.notes}"
    )


def table_of(outcomes: Sequence[Outcome]) -> Table:
    table = Table(
        "fault",
        "answers to the client, by status",
        "accepted per second: least, median",
        "from the end of the fault until all services work",
        "lost",
        "doubled",
        "notes",
    )
    for outcome in outcomes:
        table.add_row(
            outcome.fault,
            outcome.answers,
            f"{outcome.slowest}, {outcome.median}",
            outcome.recovery,
            str(len(outcome.findings.lost)),
            str(len(outcome.findings.doubled)),
            outcome.notes,
        )
    return table


def report_intake(
    console: Console, load: Load, effects: Findings, checked: CheckedAnswers, rates: Sequence[int]
) -> None:
    """The items, their effects, the rate of the intake, and its other routes."""
    answered = sum(item.answered for item in load.items)
    refused = [item for item in load.items if item.refused]
    console.print(
        f"{len(load.items)} items, {answered} with 202, {len(refused)} refused"
        f" {[(item.event_id, item.refused) for item in refused[:3]] or ''}; ledger, rewards and "
        f"examples: {len(effects.lost)} missing, {len(effects.doubled)} too many "
        f"{[*effects.lost[:5], *effects.doubled[:5]] or ''}"
    )
    ordered = sorted(rates) or [0]
    console.print(
        f"2xx per second of the intake over {len(rates)} s: mean {sum(ordered) / len(ordered):.1f},"
        f" median {ordered[len(ordered) // 2]}, seconds without any {ordered.count(0)}"
    )
    seen = ", ".join(f"{kind}: {number}" for kind, number in sorted(checked.seen.items()))
    console.print(f"{seen}; wrong {len(checked.wrong)} {checked.wrong[:2] or ''}")
