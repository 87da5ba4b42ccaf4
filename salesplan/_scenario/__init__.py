"""The rooms of ``salesplan.scenario``."""
