"""The simulator as one widget: scheme and sliders on the left, what they do on the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go

from salesplan import charts, formats, text
from salesplan._app.controls import Controls
from salesplan._app.figures import Bench, Shown
from salesplan._html.render import block_html
from salesplan.compensation import Scheme
from salesplan.crm import Crm
from salesplan.html import Headline, Headlines, Table

_PEOPLE = ["name", "team", "old_amount", "new_amount", "delta_amount", "delta_rate", "outcome"]


class Panel:
    """Scheme chooser, sliders, headline numbers, chart and table, kept in step."""

    def __init__(self, crm: Crm, schemes: Mapping[str, Scheme], year: str, lang: str) -> None:
        self._crm, self._schemes, self._year, self._lang = crm, schemes, year, lang
        self._choice = widgets.Dropdown(
            options=list(schemes),
            description=self._word("scheme"),
            layout=widgets.Layout(width="22rem"),
        )
        self._headlines, self._people = widgets.HTML(), widgets.HTML()
        self._chart = widgets.VBox()
        self._controls = widgets.VBox()
        self._choice.observe(lambda _: self._open(), names="value")
        left = widgets.VBox([self._choice, self._controls])
        right = widgets.VBox(
            [self._headlines, self._chart, self._people],
            layout=widgets.Layout(flex="1 1 auto", min_width="0"),
        )
        title = widgets.HTML(f"<h1>{self._word('title', year=year)}</h1>")
        self.view = widgets.VBox([widgets.HTML(_STYLE), title, widgets.HBox([left, right])])
        self._open()

    def _word(self, key: str, **values: Any) -> str:
        return text.label(f"app.{key}", self._lang, **values)

    def _open(self) -> None:
        scheme = self._schemes[self._choice.value]
        self._bench = Bench(self._crm, scheme, self._year)
        self.controls = Controls(scheme, self._show, self._lang)
        self._controls.children = [self.controls.view]
        self._show(scheme)

    def _show(self, scheme: Scheme) -> None:
        shown = self._bench.run(scheme)
        self._headlines.value = str(self._block(Headlines(self._cards(shown))))
        table = Table(shown.compared[_PEOPLE], self._word("people"), rows=200)
        self._people.value = str(self._block(table))
        drawn = charts.winners_and_losers(
            shown.compared, currency=self._crm.settings.currency, lang=self._lang
        )
        # A new widget for each picture: bars come and go, and a patched one keeps old bars.
        self._chart.children = [go.FigureWidget(drawn)]

    def _block(self, block: Headlines | Table) -> str:
        return block_html(block, lang=self._lang, currency=self._crm.settings.currency)

    def _cards(self, shown: Shown) -> list[Headline]:
        total = shown.outcome[shown.outcome["outcome"] == "total"].iloc[0]
        overall = shown.goal.iloc[-1]
        count = dict(zip(shown.outcome["outcome"], shown.outcome["people_count"], strict=True))
        return [
            Headline(
                self._word("cost"),
                self._money(total["new_amount"]),
                [
                    (
                        self._word("on_paid", paid=self._money(total["old_amount"])),
                        self._money(total["delta_amount"]),
                        "plain",
                    )
                ],
            ),
            Headline(
                self._word("at_goal"),
                formats.rate(overall["at_goal_rate"], self._lang, 0),
                note=self._word("k_of_n", k=int(overall["k"]), n=int(overall["n"])),
            ),
            Headline(self._word("winners"), formats.number(count.get("winner", 0), self._lang)),
            Headline(self._word("losers"), formats.number(count.get("loser", 0), self._lang)),
        ]

    def _money(self, value: float) -> str:
        return formats.money(value, self._crm.settings.currency, self._lang)


_STYLE = """<style>
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: .8rem; }
.card { border: 1px solid #e5e7eb; border-radius: 10px; padding: .6rem .9rem; }
.card p { margin: 0; line-height: 1.35; } .card .value { font-size: 1.4rem; font-weight: 650; }
.card .label, .card .small, .card .change { color: #5b6472; font-size: .85rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #e5e7eb; }
.money, .rate, .count, .number { text-align: right; }
caption { text-align: left; font-weight: 600; } h1 { font-size: 1.5rem; margin: .3rem 0; }
</style>"""
