"""Calendars as files: no formula in CSV or workbook, ICS read back by the letter of RFC 5545."""

import csv
import datetime as dt
import re

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import salesplan as sp
from salesplan import paper
from salesplan._actionplan import export, icalendar
from salesplan.errors import InputError, UnknownNameError

HOSTILE = [
    "=HYPERLINK(1);a,b\nBEGIN:VEVENT" + "é" * 80,
    "Roth, Kahn; Söhne \\ Wien",
    "x\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR",
    "😀" * 60,
    "+1;=cmd|'/c calc'!A0;\t@SUM(1)",
    "－1＋1",
]
LINE = re.compile(r'^(?P<name>[A-Z0-9-]+)(?P<parameters>(?:;[A-Z0-9-]+=[^;:,"]+)*):(?P<value>.*)$')
NEEDED = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"}


def calendar(names=HOSTILE):
    found = sp.actionplan.contacts(paper.crm(), year=2027)
    return found.assign(account=[names[i % len(names)] for i in range(len(found))])


def read_ics(data):
    """Return the events of an ICS file; a line that RFC 5545 does not allow is an error."""
    assert data.endswith(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    physical = data.removesuffix(b"\r\n").split(b"\r\n")
    assert max(map(len, physical)) <= 75
    for line in physical:
        line.decode("utf-8")  # no character is cut in two
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)
    logical = data.replace(b"\r\n ", b"").removesuffix(b"\r\n").decode("utf-8").split("\r\n")
    assert (logical[0], logical[1], logical[-1]) == (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "END:VCALENDAR",
    )
    events, inside = [], None
    for line in logical[1:-1]:
        found = LINE.match(line)
        assert found, line
        name, value = found["name"], found["value"]
        if (name, value) == ("BEGIN", "VEVENT"):
            assert inside is None
            inside = {}
        elif (name, value) == ("END", "VEVENT"):
            assert inside.keys() >= NEEDED
            events.append(inside)
            inside = None
        elif inside is not None:
            assert name not in inside
            inside[name] = (found["parameters"], value)
        else:
            assert name not in {"BEGIN", "END"}
    assert inside is None
    return events


def plain(text):
    """Return a text value without its escapes; a bare comma or semicolon is an error."""
    pieces = re.findall(r"\\.|[^\\]", text)
    assert "".join(pieces) == text
    assert not {",", ";"} & set(pieces)
    meant = {"\\\\": "\\", "\\;": ";", "\\,": ",", "\\n": "\n"}
    return "".join(meant[p] if p.startswith("\\") else p for p in pieces)


def test_events_are_read_back_by_the_letter(tmp_path):
    table = calendar()
    path = sp.actionplan.write_calendar(table, tmp_path / "plan.ics", as_of="2026-12-01")
    events = read_ics(path.read_bytes())
    assert len(events) == len(table)
    assert len({e["UID"][1] for e in events}) == len(table)
    for event, row in zip(events, table.itertuples(), strict=True):
        day = row.planned_on
        assert event["DTSTAMP"] == ("", "20261201T000000Z")
        assert event["DTSTART"] == (";VALUE=DATE", f"{day:%Y%m%d}")
        assert event["DTEND"] == (";VALUE=DATE", f"{day + pd.Timedelta(days=1):%Y%m%d}")
        kept = row.account.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
        assert plain(event["SUMMARY"][1]).split(": ", 1)[1] == kept


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_name_is_one_text_of_a_folded_line(name):
    line = icalendar._folded("SUMMARY:" + icalendar.escaped(name))
    assert line.endswith("\r\n")
    parts = line.removesuffix("\r\n").encode().split(b"\r\n")
    assert all(len(p) <= 75 for p in parts)
    assert all(p.startswith(b" ") for p in parts[1:])
    value = b"".join([parts[0], *(p[1:] for p in parts[1:])]).decode()
    kept = name.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    wanted = "".join(c for c in kept if (c >= " " and c != "\x7f") or c == "\n")
    assert plain(value.removeprefix("SUMMARY:")) == wanted


def test_an_event_keeps_its_identity_when_its_day_moves(tmp_path):
    table = calendar()
    moved = table.assign(planned_on=table["planned_on"] + pd.Timedelta(days=1))
    first, again = (
        {e["UID"][1] for e in read_ics(sp.actionplan.write_calendar(t, file).read_bytes())}
        for t, file in ((table, tmp_path / "a.ics"), (moved.iloc[:-1], tmp_path / "b.ics"))
    )
    assert again < first


@pytest.mark.parametrize(("lang", "delimiter"), [("en", ","), ("de", ";"), ("fr", ";")])
def test_no_spreadsheet_finds_a_formula_in_the_csv(tmp_path, lang, delimiter):
    table = calendar()
    path = sp.actionplan.write_calendar(table, tmp_path / "plan.csv", lang=lang)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=delimiter))
    assert rows[0] == list(table.columns)
    assert len(rows) == len(table) + 1
    for other in ",;\t":
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [c for row in csv.reader(file, delimiter=other) for c in row]
        assert not [c for c in cells if c.startswith(("=", "+", "-", "@", "\t", "\r"))]
    minutes = {row[8] for row in rows[1:]}
    assert minutes == {f"{m:g}" for m in table["minutes"]}


def test_harmless_text_stays_as_it_is():
    for text in ("Müller & Söhne", "A-B", "3 + 4 = 7", "a, b; c", ""):
        assert export.harmless(text) == text


@pytest.mark.parametrize(
    ("lang", "heading", "kinds"),
    [
        ("en", "Seller", {"Call", "Meeting"}),
        ("de", "Verkäufer", {"Anruf", "Termin"}),
        ("fr", "Vendeur", {"Appel", "Rendez-vous"}),
    ],
)
def test_the_workbook_has_text_dates_and_numbers_only(tmp_path, lang, heading, kinds):
    table = calendar([*HOSTILE, "x" * 40_000])
    sheet = openpyxl.load_workbook(
        sp.actionplan.write_calendar(table, tmp_path / "plan.xlsx", lang=lang)
    ).active
    assert sheet.cell(1, 2).value == heading
    rows = list(sheet.iter_rows(min_row=2))
    assert len(rows) == len(table)
    assert {row[5].value for row in rows} == kinds
    assert {cell.data_type for row in rows for cell in row} == {"s", "d", "n"}
    assert [row[0].value.date() for row in rows] == list(table["planned_on"].dt.date)
    assert [row[8].value for row in rows] == table["minutes"].tolist()
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$1")


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "ics"])
def test_an_empty_calendar_is_a_file_without_contacts(tmp_path, suffix):
    path = sp.actionplan.write_calendar(calendar().iloc[:0], tmp_path / f"plan.{suffix}")
    assert path.stat().st_size > 0
    if suffix == "ics":
        assert read_ics(path.read_bytes()) == []


def test_calendars_of_the_same_plan_are_the_same_file(tmp_path):
    for suffix in ("csv", "xlsx", "ics"):
        one, two = (
            sp.actionplan.write_calendar(
                calendar(), tmp_path / f"{n}.{suffix}", as_of=dt.date(2026, 12, 1)
            ).read_bytes()
            for n in "ab"
        )
        assert one == two


def test_wrong_calls_say_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"\.csv, \.xlsx or \.ics"):
        sp.actionplan.write_calendar(calendar(), tmp_path / "plan.pdf")
    with pytest.raises(InputError, match="lacks account, kind"):
        sp.actionplan.write_calendar(
            calendar().drop(columns=["kind", "account"]), tmp_path / "plan.csv"
        )
    with pytest.raises(InputError, match="as_of='soon' is not a date"):
        sp.actionplan.write_calendar(calendar(), tmp_path / "plan.ics", as_of="soon")
    with pytest.raises(UnknownNameError, match="lang"):
        sp.actionplan.write_calendar(calendar(), tmp_path / "plan.ics", lang="xx")
