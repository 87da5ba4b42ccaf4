"""Rooms of ``salesplan.effort``: where the hours go, and where they should go."""
