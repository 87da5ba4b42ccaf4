"""The bonus-scheme simulator behind ``salesplan.app``."""
