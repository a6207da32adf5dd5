"""The rules of webhooks: where they may go, when they are tried again, what they say and how it is signed."""

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from standardwebhooks import Webhook, WebhookVerificationError

from services.referral.delivering import Reach, Sender, asked_for, signed
from services.referral.domain import webhooks as rules
from services.referral.domain.errors import WebhookRefused
from services.referral.domain.webhooks import Tempo, Verdict
from services.referral.sealing import KeysRefused, Seal, SealBroken, new_keys, with_new_key
from services.referral.settings import Networks
from shared.clock import now

AT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
ONE, OTHER = UUID(int=1), UUID(int=2)
PUBLIC = "93.184.216.34"
DISGUISED = [
    "https://2130706433/x", "https://0x7f000001/x", "https://0177.0.0.1/x", "https://127.1/x", "https://0/x",
    "https://0x7f.1/x", "https://[::ffff:127.0.0.1", "https://[fe80::1%25eth0]/x", "https://127.0.0.1%2f@x.dk/",
]  # fmt: skip
INSIDE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # noqa: S104
    "169.254.169.254", "169.254.0.1", "100.64.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.0.0.1", "192.88.99.1", "::", "::1", "fe80::1",
    "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:db8::1", "2001::1", "fec0::1", "100::1",
]  # fmt: skip


def reach(*leads_to: str, allowed: Sequence[str] = ()) -> Reach:
    """Return a reach whose every name leads to these addresses."""

    async def look_up(_host: str, _port: int) -> Sequence[str]:
        return leads_to

    return Reach([ip_network(each) for each in allowed], look_up)


@pytest.mark.parametrize("url", ["https://journal.region.dk/hooks?key=1", "https://x.dk:8443/", f"https://{PUBLIC}/x"])
async def test_an_encrypted_address_on_the_open_internet_is_taken(url: str) -> None:
    assert (await reach(PUBLIC, "2606:2800:220:1::1").check(url)).url == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://x.dk/", "scheme"), ("ftp://x.dk/", "scheme"), ("file:///etc/passwd", "scheme"), ("x.dk", "scheme"),
        ("javascript:alert(1)", "scheme"), ("//x.dk/", "scheme"), ("https://", "host"), ("https:///x", "host"),
        ("https://u:p@x.dk/", "login_or_fragment"), ("https://u@x.dk/", "login_or_fragment"),
        ("https://x.dk@127.0.0.1/", "login_or_fragment"), ("https://x.dk/#a", "login_or_fragment"),
        ("https://x.dk:22/", "port"), ("https://x.dk:25/", "port"), ("https://x.dk:0/", "port"),
        ("https://x.dk:65536/", "url"), ("https://x.dk:-1/", "url"), ("https://x.dk/\nX-Evil: 1", "url"),
        ("https://x.dk/a b", "url"), ("https://x.dk\\@127.0.0.1/", "url"), ("https://bl\u00e5.dk/", "url"),
        ("https://x.dk/\x00", "url"), ("https://" + "a" * 600, "url"), ("https://" + "a" * 260 + ".dk/", "host"),
    ],
)  # fmt: skip
async def test_an_address_that_is_written_wrong_is_refused(url: str, why: str) -> None:
    with pytest.raises(WebhookRefused) as refused:
        await reach(PUBLIC).check(url)
    assert refused.value.why == why


@pytest.mark.parametrize("url", DISGUISED)
async def test_a_number_in_disguise_is_no_host(url: str) -> None:
    with pytest.raises(WebhookRefused):
        await reach(PUBLIC).check(url)


@pytest.mark.parametrize("inside", INSIDE)
async def test_nothing_is_sent_into_a_network_inside_by_name_or_by_number(inside: str) -> None:
    written = f"[{inside}]" if ":" in inside else inside
    for tried, url in ((reach(PUBLIC), f"https://{written}/x"), (reach(inside), "https://x.dk/"),
                       (reach(PUBLIC, inside), "https://x.dk/")):  # fmt: skip
        with pytest.raises(WebhookRefused) as refused:
            await tried.check(url)
        assert refused.value.why == "network"


async def test_a_name_nobody_knows_is_refused() -> None:
    with pytest.raises(WebhookRefused) as refused:
        await reach().check("https://x.dk/")
    assert refused.value.why == "unknown_host"


async def test_only_a_network_let_in_by_name_is_reached_without_encryption() -> None:
    let_in = reach("127.0.0.1", allowed=["127.0.0.0/8"])
    assert (await let_in.check("http://127.0.0.1:81/x")).port == 81
    assert not (await let_in.check("http://localhost/x")).secure
    for tried, url in ((let_in, "http://10.0.0.1/"), (let_in, "https://169.254.169.254/"),
                       (reach(PUBLIC, allowed=["127.0.0.0/8"]), "http://x.dk/"),
                       (reach(PUBLIC, "127.0.0.1", allowed=["127.0.0.0/8"]), "http://x.dk/")):  # fmt: skip
        with pytest.raises(WebhookRefused):
            await tried.check(url)


@given(st.ip_addresses())
def test_an_address_is_let_out_only_if_it_is_global_whatever_wraps_it(ip: rules.Ip) -> None:
    if rules.open_to(ip, []):
        assert ip.is_global
        assert not ip.is_multicast
    assert rules.open_to(ip_address("::ffff:8.8.8.8"), [])
    assert not rules.open_to(ip_address("::ffff:127.0.0.1"), [])


async def test_a_name_that_leads_inside_the_second_time_gets_nowhere() -> None:
    """DNS rebinding: public when it was registered, the metadata address when it is called."""
    answers = [[PUBLIC], ["169.254.169.254"]]

    async def look_up(_host: str, _port: int) -> Sequence[str]:
        return answers.pop(0)

    reach_now = Reach([], look_up)
    await reach_now.check("https://x.dk/")
    sender = Sender(reach_now)
    await sender.open()
    answer = await sender.send("https://x.dk/", "1", now(), b"{}", [b"k" * 32])
    await sender.close()
    assert (answer.verdict, answer.failure) == (Verdict.FAILED, "address_refused")
    assert answers == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "169.254.169.254", "[::ffff:127.0.0.1]"])
async def test_an_address_written_as_a_number_is_looked_at_before_the_call(host: str) -> None:
    """No name is looked up for a number: the socket itself is refused."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sender = Sender(reach(PUBLIC))
        await sender.open()
        port = listening.getsockname()[1]
        answer = await sender.send(f"http://{host}:{port}/x", "1", now(), b"{}", [b"k" * 32])
        await sender.close()
        assert answer.failure == "address_refused"
        listening.settimeout(0)
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_the_schedule_is_the_specifications_with_up_to_a_fifth_more() -> None:
    tempo = Tempo()
    told = [tempo.again(attempt, 0.0) for attempt in range(1, 11)]
    seconds = [each.total_seconds() for each in told if each is not None]
    assert seconds == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert told[9] is None
    for attempt, least in enumerate(seconds, 1):
        assert tempo.again(attempt, 1.0) == timedelta(seconds=least * 1.2)
    assert sum(seconds) > timedelta(days=3).total_seconds()


def test_what_the_receiver_asks_for_only_ever_makes_it_later_and_not_for_ever() -> None:
    tempo = Tempo()
    assert tempo.again(1, 0, timedelta(seconds=90)) == timedelta(seconds=90)
    assert tempo.again(3, 0, timedelta(seconds=90)) == timedelta(minutes=30)
    assert tempo.again(1, 0, timedelta(days=900)) == timedelta(hours=1)
    assert tempo.pause(1, 0, timedelta(seconds=90)) == timedelta(seconds=90)


def test_a_silent_address_is_left_alone_longer_and_longer_but_never_more_than_ten_minutes() -> None:
    pauses = [Tempo().pause(failures, 0).total_seconds() for failures in (1, 2, 3, 4, 5, 9, 10_000)]
    assert pauses == [0, 0, 5, 10, 20, 320, 600]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, "delivered"), (204, "delivered"), (299, "delivered"), (301, "failed"), (307, "failed"), (400, "failed"),
     (404, "failed"), (410, "gone"), (429, "slow_down"), (500, "failed"), (502, "slow_down"), (503, "failed"),
     (504, "slow_down")],
)  # fmt: skip
def test_only_success_is_delivered(status: int, verdict: str) -> None:
    assert rules.judge(status) == verdict


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("7", 7), ("0", 0), ("-1", None), ("soon", None), ("9" * 30, 10**6), ("", None), ("٣", None),
     ("Mon, 04 May 2026 10:01:00 GMT", 60), ("Mon, 04 May 2020 10:01:00 GMT", 0)],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date_and_anything_else_is_nothing(told: str, seconds: int | None) -> None:
    asked = asked_for({"Retry-After": told}, AT)
    assert (None if asked is None else asked.total_seconds()) == seconds


def test_a_message_holds_ids_and_a_code_and_nothing_else() -> None:
    told = rules.Told(ONE, "accepted", OTHER, UUID(int=3), AT)
    content = rules.content(told)
    assert json.loads(content) == {
        "type": "accepted", "timestamp": "2026-05-04T10:00:00+00:00",
        "data": {"event": str(ONE), "referral": str(OTHER), "task": str(UUID(int=3))},
    }  # fmt: skip
    assert len(content) < rules.MOST_BYTES


def test_the_signature_is_the_one_of_the_specifications_own_example() -> None:
    key = rules.read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [key])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.uuids())
def test_each_secret_signs_and_both_are_taken_by_who_checks(first: bytes, second: bytes, number: UUID) -> None:
    """Checked twice over: by the specification's library, and by its words done by hand."""
    at, content = now(), b'{"type":"x"}'
    headers = dict(signed(str(number), at, content, [first, second]))
    for key in (first, second):
        assert Webhook(rules.written(key)).verify(content, headers) == {"type": "x"}
    by_hand = hmac.digest(first, f"{number}.{int(at.timestamp())}.".encode() + content, hashlib.sha256)
    assert headers["webhook-signature"].split(" ")[0] == "v1," + base64.b64encode(by_hand).decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(rules.written(first)).verify(content + b" ", headers)


def test_what_is_sealed_opens_only_for_its_webhook_and_use(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(new_keys())
    sealed = Seal.from_file(file).seal(ONE, "secret", b"s" * 32)
    assert b"s" * 4 not in sealed
    file.write_text(with_new_key(file.read_text()))
    turned = Seal.from_file(file)
    assert turned.open(ONE, "secret", sealed) == b"s" * 32
    for number, use, kept in ((OTHER, "secret", sealed), (ONE, "url", sealed), (ONE, "secret", sealed[:-1]),
                              (ONE, "secret", b""), (ONE, "secret", bytes([sealed[0] ^ 1]) + sealed[1:])):  # fmt: skip
        with pytest.raises(SealBroken):
            turned.open(number, use, kept)
    file.write_text(new_keys())
    with pytest.raises(SealBroken):
        Seal.from_file(file).open(ONE, "secret", sealed)


@pytest.mark.parametrize("text", ["", "nonsense!", "YWJj", base64.b64encode(b"a" * 32).decode()])
def test_a_weak_or_missing_key_is_refused_without_being_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    with pytest.raises(KeysRefused) as refused:
        Seal.from_file(file)
    assert not text or text not in str(refused.value)
    with pytest.raises(KeysRefused):
        Seal.from_file(tmp_path / "nowhere")


@pytest.mark.parametrize("told", ["0.0.0.0/0", "169.254.0.0/16", "8.8.8.0/24", "::/0", "fe80::/10", "10.0.0.1/8", "x"])
def test_only_a_network_of_ones_own_can_be_let_in_by_name(told: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        TypeAdapter(Networks).validate_python(told)
    assert TypeAdapter(Networks).validate_python("127.0.0.0/8, 10.1.0.0/16,fd00::/8")
