"""What a report says, at rest: who may open what, keys that are turned, weak or lost, and other uses of a key (R45)."""

import json
import stat
import traceback
from base64 import b64encode
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.compose import make_secrets, rules
from deploy.keys import Folder
from services.concern.sealing import KeysRefused, Seal, SealBroken, new_keys, with_new_seal
from services.consent.domain.identifiers import IdentifierKind, read
from services.consent.vault import Vault
from shared.ids import new_id
from shared.sealing import KEY_BYTES

NEW, OLD = (bytes(range(start, start + KEY_BYTES)) for start in (1, 65))
SEAL = Seal("2", {"1": OLD, "2": NEW})
REPORT = UUID("7b1f0c3e-6f0e-4a52-9f4e-2f3f5f1d0a11")
WORDS = "Barnet kommer sulten i børnehave.".encode()
WHATS = st.text(max_size=20)


@given(st.uuids(), WHATS, st.binary(max_size=200))
def test_what_is_sealed_opens_again(owner: UUID, what: str, words: bytes) -> None:
    assert SEAL.open(owner, what, SEAL.seal(owner, what, words)) == words


@given(st.uuids(), st.uuids(), WHATS, WHATS)
def test_another_reports_words_or_another_part_of_it_do_not_open(
    owner: UUID, other: UUID, what: str, instead: str
) -> None:
    sealed = SEAL.seal(owner, what, WORDS)
    if (owner, what) != (other, instead):
        with pytest.raises(SealBroken):
            SEAL.open(other, instead, sealed)


def test_every_flipped_bit_and_every_cut_of_one_seal_is_found() -> None:
    sealed = SEAL.seal(REPORT, "words", WORDS)
    whole = int.from_bytes(sealed, "big")
    broken = [(whole ^ (1 << bit)).to_bytes(len(sealed), "big") for bit in range(len(sealed) * 8)]
    broken += [sealed[:length] for length in range(len(sealed))] + [sealed + b"\0", b"\xff", b"\x00"]
    for each in broken:
        with pytest.raises(SealBroken):
            SEAL.open(REPORT, "words", each)


def test_the_same_words_never_look_the_same_and_never_show() -> None:
    sealed = [SEAL.seal(REPORT, "words", WORDS) for _ in range(50)]
    assert len(set(sealed)) == 50
    assert not [each for each in sealed if b"Barnet" in each]


def test_a_key_sealed_for_another_use_does_not_open_here() -> None:
    """Were the two services ever given the same key, neither could read what the other sealed."""
    number = read(IdentifierKind.CPR, "6101901234")
    vault = Vault("2", {"2": NEW}, OLD)
    with pytest.raises(SealBroken):
        SEAL.open(REPORT, IdentifierKind.CPR, vault.seal(REPORT, number))
    with pytest.raises(SealBroken):
        vault.open(REPORT, IdentifierKind.CPR, SEAL.seal(REPORT, IdentifierKind.CPR, b"\0006101901234"))


def _seal(folder: Path, text: str) -> Seal:
    (folder / "keys").write_text(text)
    return Seal.from_file(folder / "keys")


def test_the_current_key_seals_and_older_ones_still_open(tmp_path: Path) -> None:
    first = new_keys()
    old = _seal(tmp_path, first)
    sealed = old.seal(REPORT, "words", WORDS)
    new = _seal(tmp_path, with_new_seal(first))
    assert new.open(REPORT, "words", sealed) == WORDS
    resealed = new.reseal(REPORT, "words", sealed)
    assert new.reseal(REPORT, "words", resealed) == resealed != sealed
    assert new.open(REPORT, "words", resealed) == WORDS
    with pytest.raises(SealBroken):
        old.open(REPORT, "words", resealed)
    with pytest.raises(SealBroken):
        new.reseal(new_id(), "words", sealed)


def test_a_key_that_was_taken_out_opens_nothing_more(tmp_path: Path) -> None:
    first = new_keys()
    sealed = _seal(tmp_path, first).seal(REPORT, "words", WORDS)
    told = json.loads(with_new_seal(first))
    del told["seal"]["1"]
    with pytest.raises(SealBroken):
        _seal(tmp_path, json.dumps(told)).open(REPORT, "words", sealed)


def _written(key: bytes) -> str:
    return b64encode(key).decode()


GOOD: dict[str, Any] = {"current": "1", "seal": {"1": _written(NEW)}}
BAD: dict[str, tuple[object, str]] = {
    "no seal": ({"current": "1"}, "must hold current and seal, and nothing else"),
    "no current": ({"seal": {"1": _written(NEW)}}, "must hold"),
    "consent's file": (GOOD | {"lookup": _written(OLD)}, "must hold"),
    "no key": (GOOD | {"seal": {}}, "current"),
    "current names none": (GOOD | {"current": "2"}, "current"),
    "key for an id": (GOOD | {"seal": {_written(NEW): "1"}}, "id"),
    "short": (GOOD | {"seal": {"1": _written(NEW[:31])}}, "seal 1"),
    "all alike": (GOOD | {"seal": {"1": _written(b"\0" * 32)}}, "seal 1"),
    "two ids for a key": (GOOD | {"seal": {"1": _written(NEW), "2": _written(NEW)}}, "two keys"),
    "a list": ([GOOD], "JSON object"),
}


@pytest.mark.parametrize("name", BAD)
def test_keys_that_will_not_do_are_refused_without_telling_them(name: str, tmp_path: Path) -> None:
    content, why = BAD[name]
    with pytest.raises(KeysRefused, match=why) as caught:
        _seal(tmp_path, json.dumps(content))
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert not [key for key in (NEW, OLD) if _written(key)[:12] in told or key.hex()[:12] in told]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeysRefused, match="none: No such file"):
        Seal.from_file(tmp_path / "none")


def test_a_broken_seal_tells_nothing_of_what_was_sealed() -> None:
    with pytest.raises(SealBroken) as caught:
        SEAL.open(new_id(), "words", SEAL.seal(REPORT, "words", WORDS))
    assert "sulten" not in "".join(traceback.format_exception(caught.value))


def test_an_installation_makes_them_once_for_its_owner_only(tmp_path: Path) -> None:
    made = Folder(tmp_path).seals
    before = made.read_text()
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert Folder(tmp_path).seals.read_text() == before
    assert Seal.from_file(made).seal(REPORT, "words", WORDS)


def test_the_secrets_of_compose_hold_them_and_they_can_be_turned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "secrets"
    make_secrets.main([str(folder)])
    file = folder / "concern_seals"
    before = json.loads(file.read_text())
    sealed = Seal.from_file(file).seal(REPORT, "words", WORDS)
    make_secrets.main([str(folder)])
    assert json.loads(file.read_text()) == before
    make_secrets.main([str(folder), "--turn-seal-keys"])
    turned = Seal.from_file(file)
    assert turned.open(REPORT, "words", sealed) == WORDS
    assert turned.reseal(REPORT, "words", sealed) != sealed
    assert before["seal"]["1"] not in capsys.readouterr().out
    assert file.stat().st_mode & 0o037 == 0


def test_keys_written_into_the_compose_file_itself_are_found() -> None:
    document = {"services": {"concern": {"environment": {"CONCERN_SEAL_KEYS": "anything"}}}}
    assert "concern: CONCERN_SEAL_KEYS holds a secret itself" in "".join(rules.passwords(document, ""))
    document["services"]["concern"]["environment"]["CONCERN_SEAL_KEYS"] = "/run/secrets/concern_seals"
    assert not list(rules.passwords(document, ""))
