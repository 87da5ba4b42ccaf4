"""Rooms of ``salesplan.survival``."""
