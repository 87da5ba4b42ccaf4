"""The declarations behind ``salesplan.schema``."""
