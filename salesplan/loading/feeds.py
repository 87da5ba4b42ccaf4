"""A feed: one source on its way into one canonical table, as SQL that yields text.

What a file is comes from ``salesplan.exports``; how its cells are written is decided in
``styles``; this module puts both into expressions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import duckdb

from salesplan import schema
from salesplan.exports import Recognised, shapes
from salesplan.exports.cells import Selection, deletion, is_deleted
from salesplan.loading import dates, mixed, numbers, sampling, sql, styles, words
from salesplan.loading.dates import Dates
from salesplan.loading.evidence import MOMENTS, NUMBERS, Evidence, gather
from salesplan.loading.sources import Source
from salesplan.loading.styles import Decision, Numbers, Style
from salesplan.schema import Column, Table

ENTRY = "_entry"
"""Column that holds a row's place in its file, where the row's own place does not tell."""

DELETED = "_deleted"
"""Column that says whether a row was deleted in the CRM, where the file tells."""

FIRST_ROWS = 5_000
"""Rows looked at, with a sample of the others, before the whole file is: mostly they will do."""


@dataclass(frozen=True)
class Feed:
    """One source and one table it feeds."""

    source: Source
    recognised: Recognised
    missing: tuple[str, ...] = ()
    decision: Decision | None = None
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    unreadable: frozenset[str] = field(default=frozenset())
    """Optional columns that are not loaded because most of their values make no sense."""

    @property
    def table(self) -> Table:
        """The canonical table it feeds."""
        return schema.table(self.recognised.table)

    @cached_property
    def selection(self) -> Selection:
        """The columns as the shape of the export gives them, still text."""
        return shapes.selection(self.recognised, self._cell)

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The canonical columns that the file gives, in declared order."""
        given = {*self.selection.columns, *self.recognised.constants} - self.unreadable
        return {c.name: c for c in self.table.columns if c.name in given}

    @property
    def keeps_rows(self) -> bool:
        """Whether each row of the file becomes one row of the table, in the file's order."""
        return self.recognised.shape in ("plain", "value_period")

    @cached_property
    def deletion(self) -> str | None:
        """The header that tells which rows were deleted in the CRM, where one does."""
        return deletion(self.source.headers)

    @property
    def headers(self) -> set[str]:
        """Every header of the file that the feed reads."""
        read: set[str] = set()

        def note(header: str) -> str:
            read.add(header)
            return "''"

        shapes.selection(self.recognised, note)
        return read | ({self.deletion} if self.deletion else set())

    def header(self, column: str) -> str:
        """Return the header behind a column, for messages."""
        return self.recognised.columns.get(column, column)

    def relation(
        self,
        *,
        columns: Iterable[str] | None = None,
        first_rows: int | None = None,
        keep_rejects: bool = False,
    ) -> str:
        """Return the SQL of a relation that has its columns as text, NULL where missing.

        ``_entry`` is the row's place in the file where the shape changes rows or their order.
        """
        raw = ", ".join(f"c{i}" for i in range(len(self.source.headers)))
        place = "CAST(NULL AS BIGINT)" if self.keeps_rows else "row_number() OVER ()"
        limit = f" LIMIT {first_rows}" if first_rows else ""
        rows = (
            f"(SELECT *, {place} AS {ENTRY} FROM {self.source.reader(keep_rejects=keep_rejects)} "
            f"WHERE COALESCE({raw}) IS NOT NULL{limit}) AS export_rows"
        )
        wanted = self.columns if columns is None else columns
        given = [f'{self._given(name)} AS "{name}"' for name in wanted]
        if self.deletion:
            given.append(f"{is_deleted(self._cell(self.deletion))} AS {DELETED}")
        cells = ", ".join([*given, ENTRY])
        where = f"WHERE {self.selection.where}" if self.selection.where else ""
        return f"(SELECT {cells} FROM {rows} {self.selection.join} {where})"

    def clean(self, column: Column) -> str:
        """Return the SQL of a column's text in the relation, NULL where it stands for nothing."""
        name = sql.name(column.name)
        return self._bare(name) if self._raw(column.name) else name

    def _raw(self, column: str) -> str | None:
        """Return the raw cell behind a column that is cast from it; most cells need no more."""
        header = self.recognised.columns.get(column)
        if header is None or self.columns[column].kind in ("text", "boolean"):
            return None
        direct = self.selection.columns.get(column) == self._cell(header)
        return self.source.raw(header) if direct else None

    def _given(self, column: str) -> str:
        if column in self.selection.columns:
            return self._raw(column) or self.selection.columns[column]
        stem = sql.text(f"{self.source.label.rsplit('.', 1)[0]}:")
        return f"{stem} || CAST({self.source.dialect.skip} + row_number() OVER () AS VARCHAR)"

    @cached_property
    def _missing(self) -> tuple[str, ...]:
        said = (*words.MISSING, *self.missing, *self.recognised.missing_tokens)
        return tuple(word for word in dict.fromkeys(said) if word)

    def _cell(self, header: str) -> str:
        return self._bare(self.source.raw(header))

    def _bare(self, raw: str) -> str:
        scan = self.source.clean.scan
        blanks = words.BLANKS if scan.has_odd_blanks else " \n" if scan.quotes else " "
        return words.cell(raw, self._missing, blanks)

    def style(self, column: str) -> Style:
        """Return how a column is written."""
        assert self.decision
        return self.decision.styles[column]

    def value(self, column: Column) -> str:
        """Return the SQL that casts a column's text; NULL where it makes no sense."""
        text = f'"{column.name}"'
        if column.kind == "text":
            return words.mapped(text, self.recognised.values.get(column.name, {}), otherwise=text)
        if column.kind == "boolean":
            return words.boolean(text)
        style = self.style(column.name)
        if isinstance(style, Dates):
            moment = dates.parsed(text, self.clean(column), style)
            moment = f"date_trunc('month', {moment})" if column.name == "month" else moment
            return f"CAST({moment} AS {column.sql_type})"
        value = _number(text, self.clean(column), column, style)
        scale = self.selection.scale.get(column.name)
        return f"CAST(({value}) * {scale} AS {column.sql_type})" if scale else value

    def decide(self, engine: duckdb.DuckDBPyConnection) -> Feed:
        """Return the feed with the style of every column, as far as its values prove it.

        What the sample leaves open is looked for in the whole file: only there can it be said
        that no value proves anything, and only then is the CRM's profile asked.
        """
        found = self._gathered(engine, self._cast, FIRST_ROWS)
        if sample := sampling.from_all_over(self.source):
            more = replace(self, source=sample)._gathered(engine, self._cast)
            found = {name: found[name].plus(more[name]) for name in found}
        decided = self._with(found, ask_profile=False)
        if doubtful := decided.doubtful:
            found = {**found, **self._gathered(engine, doubtful)}
            decided = self._with(found, ask_profile=True)
        torn = not self.source.rule.date_order and mixed.is_torn(found)
        return decided._by_sign(engine) if torn else decided

    def _by_sign(self, engine: duckdb.DuckDBPyConnection) -> Feed:
        """Return the feed with dates read by the sign between their numbers, if that is proved."""
        assert self.decision
        columns = {name: c for name, c in self.columns.items() if c.kind in MOMENTS}
        rows = self.relation(columns=columns)
        found = {
            sign: gather(engine, rows, columns, partial(self._written_with, sign))
            for sign in mixed.SIGNS
        }
        known = mixed.orders(found)
        return replace(self, decision=mixed.settled(self.decision, known)) if known else self

    def _written_with(self, sign: str, raw: str) -> str:
        return mixed.written_with(sign, self._bare(raw))

    @property
    def _cast(self) -> dict[str, Column]:
        """The columns that are cast, by what their cells prove."""
        return {name: column for name, column in self.columns.items() if column.kind != "text"}

    @property
    def doubtful(self) -> dict[str, Column]:
        """The columns that may prove what is still open: all dates, or all numbers, or both."""
        assert self.decision
        kinds = [
            kind
            for kind in (MOMENTS, NUMBERS)
            if any(self.columns[name].kind in kind for name in self.decision.open)
        ]
        return {n: c for n, c in self.columns.items() if any(c.kind in kind for kind in kinds)}

    def _gathered(
        self,
        engine: duckdb.DuckDBPyConnection,
        columns: Mapping[str, Column],
        first_rows: int | None = None,
    ) -> dict[str, Evidence]:
        """Return what the clean cells of some columns prove."""
        rows = self.relation(columns=columns, first_rows=first_rows)
        return gather(engine, rows, columns, self._bare)

    def reconsider(self, failed: Mapping[str, Evidence]) -> Feed:
        """Return the feed with styles that take in the cells that could not be read.

        Where they only confirm the style, as 31.02.2026 does, the same feed comes back.
        """
        found = {
            name: known.plus(failed[name]) if name in failed else known
            for name, known in self.evidence.items()
        }
        better = self._with(found, ask_profile=True)
        return self if better.decision == self.decision else better

    def _with(self, found: Mapping[str, Evidence], *, ask_profile: bool) -> Feed:
        """Return the feed as some evidence decides it.

        What a CRM is known for is asked last, when no value of the whole file proves more.
        """
        rule, known = self.source.rule, self.recognised
        decimal = rule.decimal or self._workbook(".", found)
        decision = styles.decide(
            self.columns,
            found,
            styles.Authority(decimal, known.decimal if ask_profile else None),
            styles.Authority(rule.date_order, known.date_order if ask_profile else None),
        )
        return replace(self, decision=decision, evidence=found)

    def questions(self) -> list[str]:
        """Return the questions that the values leave open, each with both readings."""
        assert self.decision
        return [
            styles.question(self.source.file, self.header(name), self.columns[name], found)
            for name in self.decision.open
            if (found := self.evidence[name])
        ]

    def _workbook(self, sign: str, found: Mapping[str, Evidence]) -> str | None:
        """Return the sign that number cells of a workbook were written out with."""
        proved = any(e.count("comma") for e in found.values())
        return sign if self.source.from_workbook and not proved else None


def _number(text: str, clean: str, column: Column, style: Style) -> str:
    assert isinstance(style, Numbers)
    value = numbers.parsed(text, clean, style.decimal, column.kind, column.sql_type)
    if style.in_percent:
        return f"CASE WHEN contains({text}, '%') THEN {value} ELSE ({value}) / 100 END"
    return value
