"""Everyone who must be told no: the jobcenter, and tokens that are forged, expired or another's."""

import json
from collections.abc import Mapping
from datetime import timedelta

import httpx

from deploy.demo import identities
from deploy.demo.playing import HOUSE, Play
from deploy.keys import Folder
from shared.auth import Assurance, Role, TokenSigner, make_key


def play(playing: Play) -> None:
    """Try each door that must stay shut."""
    tell, made = playing.tell, playing.made
    path = f"/referrals/{made['referral']}"
    no = playing.as_("jobcenter").get(path)
    tell.expect("Jobcenteret, som ingen har nævnt, får nej (404)", true=no.status_code == httpx.codes.NOT_FOUND)
    tell.expect("Og svaret røber ikke, at henvisningen findes", true=_same_as_absent(playing, no))
    for danish, token in _bad_tokens(playing).items():
        answer = playing.with_token(token).get(path)
        tell.expect(f"{danish} afvises (401)", true=answer.status_code == httpx.codes.UNAUTHORIZED)
    task = made["tasks"][HOUSE]
    other = playing.as_("health-visitor").post(f"/tasks/{task}/acceptance", json={}, headers={"If-Match": '"1"'})
    tell.expect(
        "Sundhedsplejersken kan ikke svare på familieterapeutens opgave (404)",
        true=other.status_code == httpx.codes.NOT_FOUND,
    )
    nobody = playing.with_token(identities.system_token(playing.system.keys, playing.system.url("gateway"))).get(path)
    tell.expect(
        "Jordemødrenes system uden en navngiven bruger får nej (403)", true=nobody.status_code == httpx.codes.FORBIDDEN
    )


def _same_as_absent(playing: Play, no: httpx.Response) -> bool:
    absent = playing.as_("jobcenter").get("/referrals/00000000-0000-7000-8000-000000000000")
    return absent.status_code == no.status_code and _without_id(absent) == _without_id(no)


def _without_id(answer: httpx.Response) -> dict[str, object]:
    return {key: value for key, value in answer.json().items() if key != "instance"}


def _bad_tokens(playing: Play) -> Mapping[str, str]:
    keys = playing.system.keys
    claims = {"roles": [Role.RECEIVE], "loa": Assurance.SUBSTANTIAL, "unit": HOUSE}
    forged = TokenSigner(Folder.PROVIDER, make_key()).sign("ft-12", identities.AUDIENCE, timedelta(hours=1), claims)
    inner = TokenSigner("gateway", json.loads(keys.identity("gateway").read_text()))
    return {
        "Et forfalsket login": forged,
        "Et udløbet login": identities.token(keys, "family-therapist", lifetime=timedelta(hours=-1)),
        "Et login beregnet til en anden dør": inner.sign("ft-12", "referral", timedelta(hours=1), claims),
    }
