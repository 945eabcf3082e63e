"""Builds dashboards from two kinds of panels: `Figure` and `Chart`."""

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
    """One current number, or the value of `label` as text."""

    title: str
    query: str
    description: str
    unit: str = "short"
    label: str = ""

    def panel(self) -> stat.Panel:
        panel = (
            stat.Panel()
            .title(self.title)
            .description(self.description)
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
    """Lines over time: queries by legend; `{{label}}` in a legend is a label's value."""

    title: str
    queries: Mapping[str, str]
    description: str
    unit: str = "short"

    def panel(self) -> timeseries.Panel:
        panel = (
            timeseries.Panel()
            .title(self.title)
            .description(self.description)
            .datasource(SOURCE)
            .unit(self.unit)
            .span(_CHART_WIDTH)
            .height(_CHART_HEIGHT)
            .fill_opacity(8)
        )
        for number, (legend, query) in enumerate(self.queries.items()):
            panel = panel.with_target(_query(query, legend, chr(ord("A") + number)))
        return panel


def board(name: str, description: str, rows: Mapping[str, tuple[Figure | Chart, ...]]) -> object:
    """The dashboard `name`; `rows` maps the title of each row to its panels."""
    built = (
        dashboard.Dashboard(f"Ratchet: {name}")
        .uid(f"ratchet-{name}")
        .description(description)
        .tags(["ratchet"])
        .readonly()
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
    )
    for title, panels in rows.items():
        built = built.with_row(dashboard.Row(title))
        for panel in panels:
            built = built.with_panel(panel.panel())
    return built.build()


def _query(query: str, legend: str, ref_id: str) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query).ref_id(ref_id).datasource(SOURCE)
    return target.legend_format(legend)
