"""A webhook is believed when the specification's own library would sign it so, and never otherwise."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook as Oracle

from familiebro_client import WebhookRefused, verify

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
AT = 1_795_000_000
EVENT = "01a20262-ff72-74e6-9f69-e7e0788311b4"
BODY = json.dumps(
    {"type": "referral.task.accepted", "timestamp": "2026-11-22T09:30:00Z", "new": 1,
     "data": {"event": EVENT, "referral": EVENT, "task": EVENT, "more": "å"}}
).encode()  # fmt: skip


def signed(body: bytes = BODY, *secrets: str, number: str = "msg_1", at: int = AT) -> dict[str, str]:
    """Return the headers as the specification's own library signs."""
    when = datetime.fromtimestamp(at, UTC)
    signatures = [Oracle(each).sign(number, when, body.decode()) for each in secrets or (SECRET,)]
    return {"webhook-id": number, "webhook-timestamp": str(at), "webhook-signature": " ".join(signatures)}


def why(headers: dict[str, str], body: bytes = BODY, secrets: str | list[str] = SECRET, now: float = AT) -> str:
    """Return why it is refused."""
    with pytest.raises(WebhookRefused) as refused:
        verify(secrets, headers, body, now=now)
    return refused.value.why


def test_what_the_library_signed_is_believed_in_headers_of_any_case() -> None:
    headers = {name.title(): value for name, value in signed().items()}
    told = verify(SECRET, headers, BODY, now=AT)
    assert (told.id, told.type, str(told.data.referral)) == ("msg_1", "referral.task.accepted", EVENT)


def test_during_a_rotation_either_secret_and_either_signature_do() -> None:
    assert verify([OTHER, SECRET], signed(), BODY, now=AT).id == "msg_1"
    assert verify(OTHER, signed(BODY, SECRET, OTHER), BODY, now=AT).id == "msg_1"
    both = signed()
    both["webhook-signature"] = "v1a,something v2,else " + both["webhook-signature"]
    assert verify(SECRET, both, BODY, now=AT).id == "msg_1"


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_either_way_are_tolerated_and_no_second_more(seconds: int) -> None:
    assert verify(SECRET, signed(), BODY, now=AT + seconds).id == "msg_1"
    assert why(signed(), now=AT + seconds + (1 if seconds > 0 else -1)) == "timestamp_out_of_tolerance"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_is_needed_and_signed(name: str) -> None:
    assert why({key: value for key, value in signed().items() if key != name}) == "headers_missing"
    changed = {"webhook-id": "msg_2", "webhook-timestamp": str(AT + 1), "webhook-signature": "v1,AAAA"}
    assert why(signed() | {name: changed[name]}) == "signature_wrong"


@pytest.mark.parametrize("at", ["x", "-1", "1e9", "٣", "1.5", " 1"])
def test_a_timestamp_is_seconds_in_digits(at: str) -> None:
    assert why(signed() | {"webhook-timestamp": at}) == "timestamp_malformed"


def test_one_signature_of_the_wrong_version_is_none() -> None:
    headers = signed()
    assert why(headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")}) == "signature_wrong"
    assert why(headers, secrets=OTHER) == "signature_wrong"
    assert why(headers, BODY + b" ") == "signature_wrong"


def test_signed_nonsense_is_refused_without_telling_it() -> None:
    body = b'{"type": "hemmeligt"}'
    assert why(signed(body), body) == "body_malformed"
    with pytest.raises(WebhookRefused) as refused:
        verify(SECRET, signed(body), body, now=AT)
    assert "hemmeligt" not in str(refused.value)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", "whsec_å", []])
def test_a_secret_that_is_none_is_the_receivers_mistake(secret: str | list[str]) -> None:
    with pytest.raises(ValueError, match="secret"):
        verify(secret, signed(), BODY, now=AT)


@given(st.binary(min_size=16, max_size=64), st.text(max_size=40), st.text("abc_0", min_size=1, max_size=20))
def test_it_agrees_with_the_library_on_any_key_body_and_id(key: bytes, text: str, number: str) -> None:
    body = json.dumps({"type": text, "timestamp": "2026-11-22T09:30:00Z", "data": {"event": EVENT, "referral": EVENT}})
    at = datetime.fromtimestamp(AT, UTC)
    headers = {"webhook-id": number, "webhook-timestamp": str(AT),
               "webhook-signature": Oracle(key).sign(number, at, body)}  # fmt: skip
    ours = "whsec_" + base64.b64encode(key).decode()
    assert verify(ours, headers, body.encode(), now=AT).type == text
