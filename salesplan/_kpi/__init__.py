"""The rooms of ``salesplan.kpi``."""
