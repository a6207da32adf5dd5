"""Identifiers at rest: who may open what, what is found by what, and keys that are turned, weak or lost (R45)."""

import json
import pickle
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
from services.consent.domain.identifiers import Identifier, IdentifierKind, Issuer, read
from services.consent.vault import KEY_BYTES, KeysRefused, SealBroken, Vault, new_keys, with_new_seal
from shared.ids import new_opaque_id

CPR, X, D = IdentifierKind.CPR, IdentifierKind.X_ECPR, IdentifierKind.D_ECPR
PEOPLE = st.uuids()
NUMBERS: st.SearchStrategy[Identifier] = st.one_of(
    st.builds(lambda day, serial: read(CPR, f"{day}0190{serial:04}"), st.integers(61, 91), st.integers(0, 9999)),
    st.builds(lambda year, last: read(X, f"0703{year:02}1VJ{last}"), st.integers(0, 99), st.integers(0, 9)),
    st.builds(
        lambda year, last, issuer: read(D, f"1206{year:02}0VK{last}", issuer),
        st.integers(0, 99), st.integers(0, 9), st.none() | st.sampled_from(Issuer),
    ),
)  # fmt: skip
SEAL, OLDER, LOOKUP = (bytes(range(start, start + KEY_BYTES)) for start in (1, 65, 129))
VAULT = Vault("2", {"1": OLDER, "2": SEAL}, LOOKUP)
HIDDEN = read(CPR, "6101901234")
SOMEBODY = UUID("7b1f0c3e-6f0e-4a52-9f4e-2f3f5f1d0a11")


@given(PEOPLE, NUMBERS)
def test_what_is_sealed_opens_again(person: UUID, number: Identifier) -> None:
    sealed = VAULT.seal(person, number)
    assert VAULT.open(person, number.kind, sealed) == number
    assert number.reveal().encode() not in sealed
    assert VAULT.is_current(sealed)


@given(PEOPLE, PEOPLE, NUMBERS, st.sampled_from(IdentifierKind))
def test_another_person_s_or_another_kind_s_does_not_open(
    person: UUID, other: UUID, number: Identifier, kind: IdentifierKind
) -> None:
    sealed = VAULT.seal(person, number)
    if (person, number.kind) != (other, kind):
        with pytest.raises(SealBroken):
            VAULT.open(other, kind, sealed)


@given(NUMBERS, st.data())
def test_one_flipped_bit_does_not_open(number: Identifier, data: st.DataObject) -> None:
    sealed = bytearray(VAULT.seal(SOMEBODY, number))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[place // 8] ^= 1 << place % 8
    with pytest.raises(SealBroken):
        VAULT.open(SOMEBODY, number.kind, bytes(sealed))


def test_a_seal_is_key_id_nonce_ciphertext_and_tag() -> None:
    sealed = VAULT.seal(SOMEBODY, HIDDEN)
    assert sealed[:2] == b"\x012"
    assert len(sealed) == 2 + 12 + len("\0" + HIDDEN.reveal()) + 16


def test_every_flipped_bit_and_every_cut_of_one_seal_is_found() -> None:
    sealed = VAULT.seal(SOMEBODY, HIDDEN)
    whole = int.from_bytes(sealed, "big")
    broken = [(whole ^ (1 << bit)).to_bytes(len(sealed), "big") for bit in range(len(sealed) * 8)]
    broken += [sealed[:length] for length in range(len(sealed))] + [sealed + b"\0", b"\xff", b"\x00"]
    for each in broken:
        with pytest.raises(SealBroken):
            VAULT.open(SOMEBODY, CPR, each)


@given(st.binary(max_size=80))
def test_any_bytes_are_refused(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        VAULT.open(SOMEBODY, CPR, sealed)


@given(PEOPLE, PEOPLE, NUMBERS)
def test_equal_numbers_seal_differently_and_look_up_equally(person: UUID, other: UUID, number: Identifier) -> None:
    again = read(number.kind, f" {number.reveal()[:6]}-{number.reveal()[6:]}".lower(), number.issuer)
    assert len({VAULT.seal(person, number), VAULT.seal(person, again), VAULT.seal(other, number)}) == 3
    assert VAULT.lookup(number) == VAULT.lookup(again)
    assert len(VAULT.lookup(number)) == 32


@given(NUMBERS, NUMBERS)
def test_different_numbers_look_up_differently(one: Identifier, other: Identifier) -> None:
    assert (VAULT.lookup(one) == VAULT.lookup(other)) is (one == other)


def test_kind_and_issuer_are_in_what_is_looked_up() -> None:
    found = {VAULT.lookup(Identifier(kind, "0703921VJ4", issuer))
             for kind, issuer in ((X, None), (D, None), (D, Issuer.SOUTH), (D, Issuer.NORTH), (CPR, None))}  # fmt: skip
    assert len(found) == 5


def test_the_look_up_needs_its_own_key_and_is_no_digest() -> None:
    others = [Vault("2", {"2": SEAL}, OLDER), Vault("2", {"2": SEAL}, SEAL)]
    assert len({vault.lookup(HIDDEN) for vault in (VAULT, *others)}) == 3
    assert Vault("1", {"1": OLDER}, LOOKUP).lookup(HIDDEN) == VAULT.lookup(HIDDEN)
    assert VAULT.digest(b"cpr\0\x006101901234") != VAULT.lookup(HIDDEN)


def test_the_same_key_under_another_id_does_not_open() -> None:
    sealed = VAULT.seal(SOMEBODY, HIDDEN)
    with pytest.raises(SealBroken):
        Vault("3", {"2": OLDER, "3": SEAL}, LOOKUP).open(SOMEBODY, CPR, b"\x013" + sealed[2:])


# Turning -----------------------------------------------------------------------------------------------------------


def _vault(folder: Path, text: str) -> Vault:
    (folder / "keys").write_text(text)
    return Vault.from_file(folder / "keys")


def test_the_newest_key_seals_and_older_ones_still_open(tmp_path: Path) -> None:
    first = new_keys()
    old = _vault(tmp_path, first)
    sealed = old.seal(SOMEBODY, HIDDEN)
    new = _vault(tmp_path, with_new_seal(first))
    assert new.open(SOMEBODY, CPR, sealed) == HIDDEN
    assert not new.is_current(sealed)
    resealed = new.reseal(SOMEBODY, CPR, sealed)
    assert new.is_current(resealed)
    assert new.open(SOMEBODY, CPR, resealed) == HIDDEN
    assert new.reseal(SOMEBODY, CPR, resealed) == resealed
    assert new.lookup(HIDDEN) == old.lookup(HIDDEN)
    with pytest.raises(SealBroken):
        old.open(SOMEBODY, CPR, resealed)
    with pytest.raises(SealBroken):
        new.reseal(new_opaque_id(), CPR, sealed)


def test_turning_again_and_again_keeps_every_key(tmp_path: Path) -> None:
    text, sealed = new_keys(), []
    for _ in range(12):
        sealed.append(_vault(tmp_path, text).seal(SOMEBODY, HIDDEN))
        text = with_new_seal(text)
    last = _vault(tmp_path, text)
    assert {last.open(SOMEBODY, CPR, each) for each in sealed} == {HIDDEN}
    assert len(json.loads(text)["seal"]) == 13


def test_a_key_that_was_taken_out_opens_nothing_more(tmp_path: Path) -> None:
    first = new_keys()
    sealed = _vault(tmp_path, first).seal(SOMEBODY, HIDDEN)
    told = json.loads(with_new_seal(first))
    del told["seal"]["1"]
    with pytest.raises(SealBroken):
        _vault(tmp_path, json.dumps(told)).open(SOMEBODY, CPR, sealed)


# Keys that will not do ---------------------------------------------------------------------------------------------


def _written(key: bytes) -> str:
    return b64encode(key).decode()


GOOD: dict[str, Any] = {"current": "1", "seal": {"1": _written(SEAL)}, "lookup": _written(LOOKUP)}


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


BAD: dict[str, tuple[object, str]] = {
    "no seal": (_without("seal"), "must hold"),
    "no lookup": (_without("lookup"), "must hold"),
    "no current": (_without("current"), "must hold"),
    "something more": (GOOD | {"spare": _written(OLDER)}, "must hold"),
    "seal is no object": (GOOD | {"seal": _written(SEAL)}, "must hold"),
    "no key": (GOOD | {"seal": {}}, "current"),
    "current names none": (GOOD | {"current": "2"}, "current"),
    "current is a list": (GOOD | {"current": ["1"]}, "current"),
    "current is a number": (GOOD | {"current": 1}, "current"),
    "empty id": (GOOD | {"seal": {"": _written(SEAL), "1": _written(OLDER)}}, "id"),
    "key for an id": (GOOD | {"seal": {_written(SEAL): "1"}}, "id"),
    "long id": (GOOD | {"seal": {"1": _written(SEAL), "a" * 33: _written(OLDER)}}, "id"),
    "short": (GOOD | {"lookup": _written(LOOKUP[:31])}, "lookup"),
    "long": (GOOD | {"lookup": _written(LOOKUP + b"x")}, "lookup"),
    "empty": (GOOD | {"seal": {"1": ""}}, "seal 1"),
    "all alike": (GOOD | {"lookup": _written(b"\0" * 32)}, "lookup"),
    "a repeated word": (GOOD | {"seal": {"1": _written(b"passwordpasswordpasswordpassword")}}, "seal 1"),
    "no base64": (GOOD | {"lookup": _written(LOOKUP)[:-3] + "*a="}, "lookup"),
    "a sign too many": (GOOD | {"lookup": "*" + _written(LOOKUP)}, "lookup"),
    "hexadecimal": (GOOD | {"lookup": LOOKUP.hex()}, "lookup"),
    "no text": (GOOD | {"lookup": 7}, "lookup"),
    "no ASCII": (GOOD | {"lookup": "æ" * 44}, "lookup"),
    "one key twice": (GOOD | {"lookup": _written(SEAL)}, "two keys"),
    "two ids for a key": (GOOD | {"seal": {"1": _written(SEAL), "2": _written(SEAL)}}, "two keys"),
    "a list": ([GOOD], "JSON object"),
}


@pytest.mark.parametrize("name", BAD)
def test_keys_that_will_not_do_are_refused_without_telling_them(name: str, tmp_path: Path) -> None:
    content, why = BAD[name]
    with pytest.raises(KeysRefused, match=why) as caught:
        _vault(tmp_path, json.dumps(content))
    _assert_tells_no_key(caught.value)


@pytest.mark.parametrize("text", ["", json.dumps(GOOD)[:-1], "\0", "null"])
def test_a_file_that_is_no_json_is_refused_without_telling_it(text: str, tmp_path: Path) -> None:
    with pytest.raises(KeysRefused, match="JSON object") as caught:
        _vault(tmp_path, text)
    _assert_tells_no_key(caught.value)
    assert caught.value.__context__ is None


def test_a_file_that_is_not_there_or_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeysRefused, match="none: No such file"):
        Vault.from_file(tmp_path / "none")
    with pytest.raises(KeysRefused, match="directory"):
        Vault.from_file(tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(KeysRefused, match="JSON object"):
        Vault.from_file(tmp_path / "bytes")


def _assert_tells_no_key(error: KeysRefused) -> None:
    told = "".join(traceback.format_exception(error)) + repr(error)
    for key in (SEAL, OLDER, LOOKUP):
        for part in (_written(key)[:12], key.hex()[:12], repr(key)[2:14]):
            assert part not in told


def test_a_vault_shows_and_gives_no_key() -> None:
    for told in (repr(VAULT), str(VAULT)):
        assert told.startswith("<services.consent.vault.Vault object")
    with pytest.raises(TypeError):
        pickle.dumps(VAULT)


def test_a_broken_seal_tells_nothing_of_what_was_sealed() -> None:
    with pytest.raises(SealBroken) as caught:
        VAULT.open(new_opaque_id(), CPR, VAULT.seal(SOMEBODY, HIDDEN))
    assert HIDDEN.reveal() not in "".join(traceback.format_exception(caught.value))


# Where the keys are made -------------------------------------------------------------------------------------------


def test_new_keys_are_random_and_are_taken(tmp_path: Path) -> None:
    files = [json.loads(new_keys()) for _ in range(5)]
    keys = {key for file in files for key in (file["lookup"], *file["seal"].values())}
    assert len(keys) == 10
    assert _vault(tmp_path, json.dumps(files[0])).lookup(HIDDEN)


def test_an_installation_makes_them_once_for_its_owner_only(tmp_path: Path) -> None:
    made = Folder(tmp_path).identifiers
    before = made.read_text()
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert Folder(tmp_path).identifiers.read_text() == before
    assert Vault.from_file(made).lookup(HIDDEN)


def test_the_secrets_of_compose_hold_them_and_they_can_be_turned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "secrets"
    make_secrets.main([str(folder)])
    file = folder / "consent_identifiers"
    sealed = Vault.from_file(file).seal(SOMEBODY, HIDDEN)
    make_secrets.main([str(folder)])
    assert Vault.from_file(file).is_current(sealed)
    make_secrets.main([str(folder), "--turn-identifier-keys"])
    turned = Vault.from_file(file)
    assert not turned.is_current(sealed)
    assert turned.open(SOMEBODY, CPR, sealed) == HIDDEN
    assert json.loads(file.read_text())["lookup"] not in capsys.readouterr().out
    assert file.stat().st_mode & 0o037 == 0


def test_keys_written_into_the_compose_file_itself_are_found() -> None:
    document = {"services": {"consent": {"environment": {"CONSENT_IDENTIFIER_KEYS": "anything"}}}}
    assert "consent: CONSENT_IDENTIFIER_KEYS holds a secret itself" in "".join(rules.passwords(document, ""))
    document["services"]["consent"]["environment"]["CONSENT_IDENTIFIER_KEYS"] = "/run/secrets/consent_identifiers"
    assert not list(rules.passwords(document, ""))


def test_an_opaque_id_tells_nothing_of_when_it_was_made() -> None:
    made = [new_opaque_id() for _ in range(3000)]
    assert len(set(made)) == len(made)
    assert {(each.version, each.variant) for each in made} == {(4, made[0].variant)}
    # Every bit but those six is now 0, now 1, and no order is kept.
    fixed = [bit for bit in range(128) if len({each.int >> bit & 1 for each in made}) == 1]
    assert len(fixed) == 6
    assert made != sorted(made)
