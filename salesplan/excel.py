"""Workbooks that finance can trust: live formulas, each written with its computed value.

Text from a CRM is always written as text, so a cell such as ``=HYPERLINK(...)`` stays a
string. Sheets have frozen headers, filters, formats by unit and a total row where totals
mean something; the first sheet lists the others, the last one defines every term.
"""

from __future__ import annotations

from salesplan._excel.book import write
from salesplan._excel.scheme_book import scheme_sheets, scheme_workbook
from salesplan._excel.sheet import Sheet

__all__ = ["Sheet", "scheme_sheets", "scheme_workbook", "write"]
