"""The page behind ``salesplan.html``: its blocks, its template and its style."""
