"""Cell formats by unit; one place decides how a number looks in a workbook."""

from __future__ import annotations

from typing import Any

FONT = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
_SIGNS = {
    "EUR": '#,##0.00" €"',
    "CHF": '"CHF" #,##0.00',
    "GBP": '"£"#,##0.00',
    "USD": '"$"#,##0.00',
}


_DATES = {"en": "d mmm yyyy", "de": "dd.mm.yyyy", "fr": "dd/mm/yyyy"}
RIGHT = ("money", "rate", "count", "number")
"""Units of figures, which stand on the right of their cell."""


def number_format(unit: str, digits: int, *, currency: str, lang: str) -> dict[str, Any]:
    """Return the format of a cell; ``digits`` are the decimals of plain numbers and rates.

    Examples
    --------
    >>> number_format("rate", 1, currency="EUR", lang="en")
    {'num_format': '0.0%'}
    >>> number_format("date", 0, currency="EUR", lang="de")["num_format"]
    'dd.mm.yyyy'
    """
    if unit == "money":
        return {"num_format": _SIGNS.get(currency, f'#,##0.00" {currency}"')}
    if unit in RIGHT:
        decimals = "." + "0" * digits if digits else ""
        return {"num_format": f"0{decimals}%" if unit == "rate" else f"#,##0{decimals}"}
    shown = {"date": _DATES[lang], "month": "mmm yyyy", "timestamp": f"{_DATES[lang]} hh:mm"}
    return {"align": "left", **({"num_format": shown[unit]} if unit in shown else {})}


WIDTHS = {
    "money": 16,
    "rate": 10,
    "count": 10,
    "number": 11,
    "date": 12,
    "month": 11,
    "quarter": 11,
    "timestamp": 17,
    "flag": 8,
}
"""Column widths in characters; text columns follow their content."""

TITLE = {**FONT, "bold": True, "font_size": 15, "font_color": "#1f2a37"}
NOTE = {**FONT, "font_color": "#5b6472", "italic": True}
HEADER = {
    **FONT,
    "bold": True,
    "bottom": 2,
    "bottom_color": "#94a3b8",
    "text_wrap": True,
    "bg_color": "#f1f3f5",
}
TOTAL = {**FONT, "bold": True, "top": 1, "top_color": "#94a3b8"}
LINK = {**FONT, "font_color": "#0f766e", "underline": 1}
