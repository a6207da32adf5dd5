"""Run the concern service: `python -m services.concern`."""

from services.concern.main import NAME, create_app
from services.concern.settings import Settings
from shared.serve import serve

if __name__ == "__main__":
    settings = Settings()
    serve(create_app(settings), name=NAME, host=settings.host, port=settings.port, log_level=settings.log_level)
