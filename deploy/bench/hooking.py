"""Webhooks to a fast receiver: how many a second leave the worker, signed and asked about, and arrive."""

import asyncio
import multiprocessing
import socket
import time
from contextlib import suppress
from multiprocessing.sharedctypes import Synchronized
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from deploy import postgres
from deploy.bench.bench import Bench
from deploy.bench.figures import Factor
from deploy.system import System

MARK = 300.0
_MANY = 4_000
_ROUNDS = 3
_PATIENCE_S = 120.0
_ANSWER = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
_EVENTS = """
INSERT INTO event (id, unit, kind, referral_id, task_id, at)
SELECT gen_random_uuid(), r.sender, 'sent', r.id, t.id, now()
FROM generate_series(1, 100) AS turn CROSS JOIN referral r JOIN LATERAL (
    SELECT id FROM task WHERE task.referral_id = r.id ORDER BY id LIMIT 1
) t ON true
WHERE r.sender = $1 AND r.id IN (SELECT id FROM referral WHERE sender = $1 ORDER BY id LIMIT 250)
ORDER BY turn LIMIT $2
"""


class _Counting(asyncio.Protocol):
    """Answers each POST at once, and counts them; a body of ours has no blank line in it."""

    def __init__(self, count: "Synchronized[int]") -> None:
        self._count = count
        self._transport: asyncio.WriteTransport | None = None
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to answer."""
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each message that is whole."""
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end].lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or b"0")
            if len(self._held) < end + 4 + length:
                return
            self._held = self._held[end + 4 + length :]
            self._count.value += 1
            if self._transport is not None:
                self._transport.write(_ANSWER)


def _receive(port: int, count: "Synchronized[int]") -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: _Counting(count), "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(serve())


def hooking(bench: Bench) -> Factor:
    """Measure deliveries of events of many referrals, from the moment they happened until the last has arrived."""
    rate = measure(bench.system, dict(bench.seeded.midwives), bench.tell)
    return Factor(f"a webhook's deliveries to a fast receiver: {rate:,.0f}/s, so {MARK:g} take this many seconds",
                  MARK / rate, 1.0)  # fmt: skip


def measure(system: System, midwives: dict[str, str], tell: Any) -> float:  # noqa: ANN401 - what tells the user
    """Return the middle one of the rounds' rates, deliveries a second."""
    port = postgres.free_port()
    # Forked anew from nothing: this process has threads.
    context = multiprocessing.get_context("spawn")
    count: Synchronized[int] = context.Value("q", 0)
    receiver = context.Process(target=_receive, args=(port, count), daemon=True)
    receiver.start()
    try:
        _wait_for(port)
        with httpx.Client(base_url=system.url("gateway") + "/api/v1", headers=midwives, timeout=20) as client:
            made = client.post("/webhooks", json={"url": f"http://127.0.0.1:{port}/hook"})
            made.raise_for_status()
            number = UUID(made.json()["id"])
            unit = asyncio.run(_unit(system, number))
            rates = [_round(system, unit, count) for _ in range(_ROUNDS)]
            client.delete(f"/webhooks/{number}").raise_for_status()
    finally:
        receiver.kill()
    tell(f"webhooks: {', '.join(f'{each:,.0f}/s' for each in rates)}")
    return sorted(rates)[len(rates) // 2]


def _wait_for(port: int) -> None:
    deadline = time.perf_counter() + _PATIENCE_S
    while time.perf_counter() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)


def _round(system: System, unit: str, count: "Synchronized[int]") -> float:
    before = count.value
    started = time.perf_counter()
    made = asyncio.run(_happen(system, unit))
    while count.value < before + made:
        if time.perf_counter() > started + _PATIENCE_S:
            msg = f"{count.value - before} of {made} webhooks arrived in {_PATIENCE_S:g} seconds"
            raise RuntimeError(msg)
        time.sleep(0.005)
    return made / (time.perf_counter() - started)


async def _unit(system: System, number: UUID) -> str:
    connection = await asyncpg.connect(system.database_url("referral", role="admin"))
    try:
        return str(await connection.fetchval("SELECT unit FROM webhook WHERE id = $1", number))
    finally:
        await connection.close()


async def _happen(system: System, unit: str) -> int:
    """Have so much happen to the unit's referrals, spread over as many of them as there are."""
    connection = await asyncpg.connect(system.database_url("referral", role="admin"))
    try:
        return int((await connection.execute(_EVENTS, unit, _MANY)).rpartition(" ")[2])
    finally:
        await connection.close()
