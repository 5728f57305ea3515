"""``python -m regency.cli`` is ``regency``."""

from regency.cli.main import main

main()
