"""Run the consent service: `python -m services.consent [serve | work | migrate]`."""

import sys

from services.consent.main import NAME, create_app
from services.consent.settings import Settings
from shared.serve import serve

if __name__ == "__main__":
    match sys.argv[1:]:
        case [] | ["serve"]:
            settings = Settings()
            serve(create_app(settings), name=NAME, host=settings.host, port=settings.port,
                  log_level=settings.log_level)  # fmt: skip
        case _:
            sys.exit(f"usage: python -m services.{NAME} [serve]")
