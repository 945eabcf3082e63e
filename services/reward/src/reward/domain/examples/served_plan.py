"""The widgets of one answer with the feedback on each: what a ranking scorer learns from."""

from collections.abc import Iterable

from ratchet.contract import RankingQuery, ServedPlan, ServedWidget
from ratchet.measures import scenario_named
from reward.domain.answers.reaction import AnswerReaction
from reward.domain.answers.recorded_answer import RecordedAnswer
from reward.domain.scoring.score import Score


def served_plan(
    answer: RecordedAnswer, reaction: AnswerReaction, score: Score
) -> ServedPlan | None:
    """The widgets in the order shown; None without a plan.

    A relevance of 0 counts as none: rows without a relevance have it.
    """
    if not answer.widgets:
        return None
    scores = {score.position: score for score in reaction.judged or ()}
    touched = {touch.position for touch in reaction.touches or ()}
    widgets = []
    for position, widget in enumerate(answer.widgets):
        judgement = scores.get(position)
        relevance = answer.relevances[position] if answer.relevances else 0.0
        widgets.append(
            ServedWidget(
                scenario=widget.scenario,
                size=widget.size,
                relevance=relevance if 0 < relevance <= 1 else None,
                score=judgement.score if judgement else None,
                size_fits=judgement.size_fits if judgement else None,
                touched=position in touched,
            )
        )
    return ServedPlan(
        query=RankingQuery(
            transcript=answer.transcript,
            intent=answer.intent,
            confidence=answer.certainty,
            domains=answer.domains,
            characteristics=(answer.characteristic, *answer.secondary_characteristics),
            devices=len(answer.devices),
            timed=answer.timed,
        ),
        widgets=tuple(widgets),
        missing=_missing(reaction.missing or ()),
        reward=score.widget_reward,
        engaged=reaction.touches is not None,
        decision_id=answer.decision_id,
    )


def _missing(names: Iterable[str]) -> tuple[str, ...]:
    """The known scenarios among the widgets that the judge missed, each once."""
    scenarios = (scenario_named(name) for name in names)
    return tuple(dict.fromkeys(each for each in scenarios if each is not None))
