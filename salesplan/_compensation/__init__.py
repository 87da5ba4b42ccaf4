"""Rooms of ``salesplan.compensation``."""
