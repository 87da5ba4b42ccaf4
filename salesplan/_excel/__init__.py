"""The workbook behind ``salesplan.excel``."""
