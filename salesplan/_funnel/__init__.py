"""Rooms of ``salesplan.funnel``."""
