"""The rooms of ``salesplan.acquisition``."""
