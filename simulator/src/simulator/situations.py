"""Generates situations: a question, and the fixed readings that answer it or do not."""

from dataclasses import dataclass
from random import Random

from ratchet_truth import JudgedSituation, RequestedReading, Topic
from simulator.plant.areas import AREAS, METRICS, Metric
from simulator.plant.readings import HERE, THERE, DrawnReadings, draw_readings
from simulator.plant.sites import NUMBERED, DeviceName, Site
from simulator.wording import LANGUAGES, LanguageTables, Wording, worded

ABSENT_SHARE = 0.15
"""The share of situations whose readings lack the asked one."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The context of every answer to one question.

    `asked` is what the question asks about, as the readings write it or would. `requested` is
    None where no reading has it. `elsewhere` is the same metric of another unit of the same kind.
    `language` and `wording` are those of the question and its answers.
    """

    area: str
    language: str
    wording: Wording
    transcript: str
    metric: Metric
    here: DeviceName
    there: DeviceName
    asked: Topic
    rows: DrawnReadings

    @property
    def requested(self) -> RequestedReading | None:
        return self.rows.requested

    @property
    def readings(self) -> tuple[RequestedReading, ...]:
        return self.rows.listed

    @property
    def device(self) -> str:
        """The asked equipment as a device slug, such as `pump-001`."""
        return self.asked.equipment.replace(" ", "-")

    @property
    def tables(self) -> LanguageTables:
        return LANGUAGES[self.language]

    @property
    def judged(self) -> JudgedSituation:
        """The situation that an answer is judged against."""
        return JudgedSituation(self.readings, (self.asked,), self.transcript)


def draw_situation(
    rng: Random,
    site: Site = NUMBERED,
    *,
    absent_share: float = ABSENT_SHARE,
    wording: Wording = "all",
) -> Situation:
    """Draw an area, one of its devices and metrics, and the readings around it.

    In `absent_share` of the situations (0..1) the asked reading is not among them; other metrics
    of the device, and the asked metric of another device, are.
    """
    area = rng.choice(AREAS)
    kind, ranges = rng.choice(tuple(area.equipment.items()))
    metric = METRICS[rng.choice(sorted(ranges))]
    absent = rng.random() < absent_share
    naming = rng.choice(site.namings)
    names = naming.draw_names(rng, kind, 2, instruments=not absent)
    language = rng.choice(naming.asked_in)
    read_in = LANGUAGES[naming.language]
    here = names.of(HERE, metric.name)
    return Situation(
        area.name,
        language,
        wording,
        _transcript(rng, area.name, LANGUAGES[language], metric, here, wording),
        metric,
        here,
        names.of(THERE, metric.name),
        Topic(here.text, read_in.metrics[metric.name]),
        draw_readings(rng, read_in, names, ranges, metric, absent=absent),
    )


def _transcript(
    rng: Random,
    area: str,
    tables: LanguageTables,
    metric: Metric,
    here: DeviceName,
    wording: Wording,
) -> str:
    template = rng.choice(worded(tables.questions[area], wording))
    named = {"name": here.text, "metric": tables.metrics[metric.name]}
    forms = {key: form.format(**named) for key, form in tables.devices.get(here.gender, {}).items()
             if "{other}" not in form}  # fmt: skip
    return template.format(**named, **tables.articles_of(metric.name), **forms)
