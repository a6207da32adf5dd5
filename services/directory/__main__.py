"""Run the directory service: `python -m services.directory [serve]`."""

import sys

from services.directory.main import NAME, create_app
from services.directory.settings import Settings
from shared.serve import serve

if __name__ == "__main__":
    match sys.argv[1:]:
        case [] | ["serve"]:
            settings = Settings()
            serve(create_app(settings), name=NAME, host=settings.host, port=settings.port,
                  log_level=settings.log_level)  # fmt: skip
        case _:
            sys.exit(f"usage: python -m services.{NAME} [serve]")
