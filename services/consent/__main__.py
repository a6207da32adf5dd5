"""Run the consent service: `python -m services.consent`."""

from services.consent.main import NAME, create_app
from services.consent.settings import Settings
from shared.serve import serve

if __name__ == "__main__":
    settings = Settings()
    serve(create_app(settings), name=NAME, host=settings.host, port=settings.port, log_level=settings.log_level)
