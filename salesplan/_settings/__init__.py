"""Parts of the settings, one area per file."""
