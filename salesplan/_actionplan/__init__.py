"""Rooms of ``salesplan.actionplan``: from a target to what each seller does each week."""
