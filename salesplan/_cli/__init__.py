"""The commands behind ``salesplan.cli``, one file per family."""
