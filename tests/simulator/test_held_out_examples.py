"""Examples that a benchmark draws keep areas and phrasings apart."""

from training_data.examples import draw

from simulator.plant import AREAS, SITES

AREA = "production"


def phrasings(wording: str, unseen: bool, seed: int) -> set[str]:
    pairs = draw(seed, AREA, unseen, 40, 0, wording=wording)  # type: ignore[arg-type]
    return {pair.question.phrasing for pair in pairs if pair.question.phrasing}


def test_held_out_questions_have_phrasings_that_training_never_saw():
    taught = phrasings("taught", False, 1) | phrasings("taught", True, 1)
    assert len(taught) > 20
    for unseen in (False, True):
        held_out = phrasings("held_out", unseen, 1001)
        assert len(held_out) >= 2
        assert held_out.isdisjoint(taught)


def test_questions_about_absent_readings_are_drawn_on_demand():
    present = draw(2, AREA, True, 30, 0)
    absent = draw(2, AREA, True, 30, 0, absent_share=1.0)
    assert all(pair.question.asked is not None for pair in present)
    assert all(pair.question.asked is None for pair in absent)


def test_examples_are_drawn_from_any_site():
    (area,) = [area for area in AREAS if area.name == AREA]
    for site in SITES.values():
        pairs = draw(3, AREA, False, 10, 2, site=site)
        assert len(pairs) == 12
        assert not any(kind in pair.question.text for pair in pairs for kind in area.equipment)
