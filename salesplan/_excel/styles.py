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


def number_formats(currency: str) -> dict[str, dict[str, Any]]:
    """Return the format of each unit."""
    money = _SIGNS.get(currency, f'#,##0.00" {currency}"')
    return {
        "money": {"num_format": money},
        "rate": {"num_format": "0.0%"},
        "count": {"num_format": "#,##0"},
        "number": {"num_format": "#,##0.##"},
        "date": {"num_format": "yyyy-mm-dd", "align": "left"},
        "month": {"num_format": "mmm yyyy", "align": "left"},
        "quarter": {"align": "left"},
        "timestamp": {"num_format": "yyyy-mm-dd hh:mm", "align": "left"},
        "flag": {"align": "left"},
        "text": {"align": "left"},
    }


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
