"""What can be wrong with a file before anybody looks into it."""

from services.directory.domain.errors import DirectoryError


class UnknownFormat(DirectoryError):
    """The file is of a kind, or in an encoding, nobody reads here."""
