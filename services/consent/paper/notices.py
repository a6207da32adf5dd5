"""The notices that come with the program: kept in the database by version and language, and never changed there."""

from pathlib import Path

from services.consent.domain.notices import BadNotice, read
from services.consent.domain.told import Notice

_FOLDER = Path(__file__).parents[1] / "data" / "notices"


def notices() -> tuple[Notice, ...]:
    """Return every notice, by id (R19).

    Raises:
        BadNotice: a file is none, or its name is not its id.
    """
    found = []
    for file in sorted(_FOLDER.iterdir()):
        notice = read(file.name, file.read_text("utf-8"))
        if file.name != f"{notice.id}.toml":
            raise BadNotice(file.name, "the name is not the id")
        found.append(notice)
    return tuple(found)
