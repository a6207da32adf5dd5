"""How each error of the directory is told: status, code, and what to do instead, in Danish."""

from collections.abc import Mapping

from services.directory.domain import errors
from shared.problems import FixBy, Problem

PROBLEMS: Mapping[type[Exception], Problem] = {
    errors.UnknownMunicipality: Problem(
        422, "unknown_municipality", "There is no municipality with this code.",
        "Der er ingen kommune med den kode. Kommunekoder har fire cifre; se listen over kommuner."),
    errors.BadData: Problem(
        500, "bad_data", "The directory's data files contradict themselves.",
        "Der er en fejl i katalogets data.", FixBy.OPERATOR),
}  # fmt: skip
