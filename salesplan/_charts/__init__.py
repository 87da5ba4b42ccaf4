"""The drawings behind ``salesplan.charts``, one file per area."""
