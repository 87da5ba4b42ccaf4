"""Rooms of ``salesplan.pipeline``."""
