"""The rooms behind ``salesplan.revenue``."""
