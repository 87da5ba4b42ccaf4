"""Rooms of ``salesplan.scales``."""
