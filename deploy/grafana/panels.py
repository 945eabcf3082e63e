"""The two panels that every dashboard is made of, and the dashboard around them."""

from collections.abc import Mapping
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueTextMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef

SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
_CHART_WIDTH, _CHART_HEIGHT = 8, 8
_FIGURE_WIDTH, _FIGURE_HEIGHT = 4, 4


@dataclass(frozen=True)
class Figure:
    """One number now; with `label` the text of that label in its place."""

    title: str
    query: str
    told: str
    unit: str = "short"
    label: str = ""

    def panel(self) -> stat.Panel:
        panel = (
            stat.Panel()
            .title(self.title)
            .description(self.told)
            .datasource(SOURCE)
            .unit(self.unit)
            .span(_FIGURE_WIDTH)
            .height(_FIGURE_HEIGHT)
            .no_value("–")
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
            .color_mode(BigValueColorMode.NONE)
            .with_target(_query(self.query, f"{{{{{self.label}}}}}", "A").instant())
        )
        return panel.text_mode(BigValueTextMode.NAME) if self.label else panel


@dataclass(frozen=True)
class Chart:
    """Lines over time: queries by legend, in which `{{label}}` is a label's value."""

    title: str
    queries: Mapping[str, str]
    told: str
    unit: str = "short"

    def panel(self) -> timeseries.Panel:
        panel = (
            timeseries.Panel()
            .title(self.title)
            .description(self.told)
            .datasource(SOURCE)
            .unit(self.unit)
            .span(_CHART_WIDTH)
            .height(_CHART_HEIGHT)
            .fill_opacity(8)
        )
        for number, (legend, query) in enumerate(self.queries.items()):
            panel = panel.with_target(_query(query, legend, chr(ord("A") + number)))
        return panel


def board(name: str, told: str, rows: Mapping[str, tuple[Figure | Chart, ...]]) -> object:
    """The dashboard `name`: panels by the title of their row."""
    made = (
        dashboard.Dashboard(f"Ratchet: {name}")
        .uid(f"ratchet-{name}")
        .description(told)
        .tags(["ratchet"])
        .readonly()
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
    )
    for title, panels in rows.items():
        made = made.with_row(dashboard.Row(title))
        for panel in panels:
            made = made.with_panel(panel.panel())
    return made.build()


def _query(query: str, legend: str, ref_id: str) -> prometheus.Dataquery:
    asked = prometheus.Dataquery().expr(query).ref_id(ref_id).datasource(SOURCE)
    return asked.legend_format(legend)
