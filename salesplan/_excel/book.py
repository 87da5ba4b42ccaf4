"""A workbook from frames: contents, one sheet per frame, formulas beside values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from salesplan import files, text
from salesplan._excel import styles
from salesplan._excel.sheet import Sheet, SheetWriter, printed, sheet_name

# A fixed creation date makes the same figures give the same file, byte for byte.
_CREATED = dt.datetime(2000, 1, 1)


def write(
    path: str | Path,
    sheets: Mapping[str, Sheet | pd.DataFrame],
    *,
    title: str = "salesplan",
    lang: str = "en",
    currency: str = "EUR",
) -> Path:
    """Write a workbook with one sheet per frame and return its path.

    Parameters
    ----------
    path
        File to write; it appears whole or not at all.
    sheets
        Sheet name -> ``Sheet`` or plain frame.
    title, lang, currency
        Title of the contents sheet, language of headings, currency of amounts.

    Examples
    --------
    >>> import tempfile
    >>> frame = pd.DataFrame({"owner": ["=1+1"], "k": [1], "n": [4], "win_rate": [0.25]})
    >>> path = write(tempfile.mkdtemp() + "/book.xlsx", {"Owners": frame})
    >>> pd.read_excel(path, header=2, sheet_name="Owners", engine="calamine")["Seller"].tolist()
    ['=1+1']
    """
    chosen = {name: s if isinstance(s, Sheet) else Sheet(s) for name, s in sheets.items()}
    with files.replacing(path) as draft:
        options = {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
        }
        with xlsxwriter.Workbook(str(draft), options) as workbook:
            workbook.set_properties({"title": title, "created": _CREATED, "comments": "salesplan"})
            workbook.set_calc_mode("auto")
            _fill(workbook, chosen, title, lang, currency)
    return Path(path)


def _fill(workbook: Any, sheets: Mapping[str, Sheet], title: str, lang: str, currency: str) -> None:
    contents = workbook.add_worksheet(sheet_name(text.label("sheet.contents", lang), set()))
    used = {contents.get_name()}
    rows = []
    for name, sheet in sheets.items():
        safe = sheet_name(name, used)
        used.add(safe)
        writer = SheetWriter(workbook, workbook.add_worksheet(safe), lang, currency)
        writer.write(sheet)
        rows.append((safe, sheet.title or name, sheet.note, len(sheet.frame)))
    _contents(workbook, contents, title, rows, lang)
    contents.activate()


def _contents(
    workbook: Any, sheet: Any, title: str, rows: Sequence[tuple[str, str, str, int]], lang: str
) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 2, 90)
    sheet.write_string(0, 0, title, workbook.add_format(styles.TITLE))
    header, link = workbook.add_format(styles.HEADER), workbook.add_format(styles.LINK)
    plain = workbook.add_format(styles.FONT)
    count_of_rows = workbook.add_format({**styles.FONT, "num_format": "#,##0"})
    for column, key in enumerate(("sheet", "rows", "what")):
        sheet.write_string(2, column, text.label(f"sheet.{key}", lang), header)
    for row, (name, shown, note, count) in enumerate(rows, 3):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", link, string=name)
        sheet.write_number(row, 1, count, count_of_rows)
        sheet.write_string(row, 2, f"{shown}. {note}" if note else shown, plain)
    sheet.freeze_panes(3, 0)
    printed(sheet, 2)
