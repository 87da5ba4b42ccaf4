"""Rooms of ``salesplan.allocation``: response curves and the solvers over them."""
