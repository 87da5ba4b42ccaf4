"""``python -m salesplan`` is the command line."""

from salesplan.cli import main

main()
