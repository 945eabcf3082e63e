"""What a ranking can learn from one answer: its widgets, and what was said of each of them."""

from collections.abc import Iterable

from ratchet.contract import RankingQuery, ServedPlan, ServedWidget
from ratchet.measures import scenario_named
from reward.domain.scoring.reaction import Reaction
from reward.domain.scoring.score import Score
from reward.domain.state.answer import Answer


def served_plan(answer: Answer, said: Reaction, worth: Score) -> ServedPlan | None:
    """The widgets in the order they were shown; None without a plan.

    A relevance of 0 is what rows without one have: it counts as none.
    """
    if not answer.widgets:
        return None
    verdicts = {verdict.position: verdict for verdict in said.judged or ()}
    touched = {touch.position for touch in said.touches or ()}
    widgets = []
    for position, widget in enumerate(answer.widgets):
        verdict = verdicts.get(position)
        relevance = answer.relevances[position] if answer.relevances else 0.0
        widgets.append(
            ServedWidget(
                scenario=widget.scenario,
                size=widget.size,
                relevance=relevance if 0 < relevance <= 1 else None,
                score=verdict.score if verdict else None,
                size_fits=verdict.size_fits if verdict else None,
                touched=position in touched,
            )
        )
    return ServedPlan(
        query=RankingQuery(
            transcript=answer.transcript,
            intent=answer.intent,
            confidence=answer.certainty,
            domains=answer.domains,
            characteristics=(answer.characteristic, *answer.also),
            devices=len(answer.devices),
            timed=answer.timed,
        ),
        widgets=tuple(widgets),
        missing=_missing(said.missing or ()),
        reward=worth.widget_reward,
        engaged=said.touches is not None,
        decision_id=answer.decision_id,
    )


def _missing(told: Iterable[str]) -> tuple[str, ...]:
    """The known scenarios among what the judge missed, each once."""
    named = (scenario_named(words) for words in told)
    return tuple(dict.fromkeys(name for name in named if name is not None))
