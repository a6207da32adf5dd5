"""Run the gateway: `python -m gateway`."""

from gateway.main import create_app
from gateway.settings import NAME, Settings
from shared.serve import serve

if __name__ == "__main__":
    settings = Settings()
    serve(create_app(settings), name=NAME, host=settings.host, port=settings.port, log_level=settings.log_level)
