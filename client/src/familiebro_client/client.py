"""The client for asyncio. Its blocking twin is in `blocking`; what both do is in `calls` and `trying`."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar
from uuid import UUID

import httpx

from familiebro_client import calls, concern, sent
from familiebro_client import told as answers
from familiebro_client.calls import Acting, Call
from familiebro_client.errors import FamiliebroError, OutcomeUnknown
from familiebro_client.lists import AttachmentState, ReopenReason, Turn
from familiebro_client.tokens import TokenSource, secure
from familiebro_client.trying import Patience, Trying

T = TypeVar("T")
PREFIX = "/api/v1"
TIMEOUT_S = 15.0


class Read(Protocol):
    """A task as it was read: a `Task`, a `TaskLine`, or a `TaskAt` from your own table."""

    @property
    def id(self) -> UUID:
        """Return its id."""

    @property
    def version(self) -> int | None:
        """Return the version that was read; None where its course may not be told."""


def version_of(task: Read) -> int:
    """Return the version that was read.

    Raises:
        ValueError: the task's course may not be told, so no step can be taken from what was read.
    """
    if task.version is None:
        msg = "the task's version was withheld"
        raise ValueError(msg)
    return task.version


class Familiebro:
    """Familiebro, as a registered system or a user of one sees it. Use it as an async context manager.

    Args:
        address: `https://…`, without a path.
        tokens: who the system is; `ClientCredentials`, or `Bearer` for a user's own token.
        acting: the person behind the system; needed with `ClientCredentials`, refused with a user's own token.
        patience: how long a call may take with all its tries.
        transport: how bytes travel, such as one with the region's own certificates; httpx's own if not given.
    """

    def __init__(
        self,
        address: str,
        tokens: TokenSource,
        *,
        acting: Acting | None = None,
        patience: Patience | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=secure(address) + PREFIX, auth=tokens, timeout=TIMEOUT_S, transport=transport,
            follow_redirects=False,
        )  # fmt: skip
        self._acting = acting
        self._patience = patience or Patience()

    def acting(self, acting: Acting) -> Self:
        """Return this client on behalf of a person, over the same connections and token."""
        other = object.__new__(type(self))
        other._http, other._acting, other._patience = self._http, acting, self._patience
        return other

    async def __aenter__(self) -> Self:
        """Open it."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self.close()

    async def close(self) -> None:
        """Close every connection, those of `acting` clients too: they are the same."""
        await self._http.aclose()

    async def post(self, referral: sent.Referral, *, key: str) -> answers.Posted:
        """Post a request. The same key again is the same request: make it with `new_key`, keep it, then post."""
        return await self._do(calls.post(referral, key))

    async def read(self, referral: UUID) -> answers.ReferralRead:
        """Read a request as it may be seen at this moment; each reading is on the ledger."""
        return await self._do(calls.read(referral))

    async def change(self, referral: UUID, what: sent.Change, *, key: str) -> answers.Posted:
        """Add to one's own request, send, split, close it or take it back."""
        return await self._do(calls.change(referral, what, key))

    async def state(self, referral: UUID, stated: sent.Stated, *, key: str) -> answers.StatedTold:
        """Answer whether there is a duty to report, of one's own request; it makes no report."""
        return await self._do(calls.state(referral, stated, key))

    async def stated(self, referral: UUID) -> answers.DutyTold:
        """Read what one has answered to that, in one's own words."""
        return await self._do(calls.stated(referral))

    async def correct(self, referral: UUID, correction: sent.Correction) -> None:
        """Put right words in place of wrong ones of one's own."""
        await self._do(calls.correct(referral, correction))

    async def say(self, task: UUID, message: sent.Message, *, key: str) -> answers.SaidTold:
        """Ask, answer, clarify or advise."""
        return await self._do(calls.say(task, message, key))

    async def take(self, task: Read, step: sent.Step) -> answers.Task:
        """Take a step from where the task was read; `Stale` if it has moved on since."""
        return await self._do(calls.step(task.id, step, version_of(task)))

    async def agree(self, task: Read) -> answers.Posted:
        """Agree to what the recipient proposed: a new task waits for consent to name the unit."""
        return await self._do(calls.agree(task.id, version_of(task)))

    async def reopen(self, task: UUID, reason: ReopenReason) -> answers.Posted:
        """Take up again what has ended, as a new task."""
        return await self._do(calls.reopen(task, sent.Reopen(reason=reason)))

    async def attach(
        self, referral: UUID, attachment: sent.Attachment, content: bytes, *, key: str
    ) -> answers.AttachmentTold:
        """Attach a file: declare it, then send its bytes. The same key again attaches nothing twice.

        `scanning`: it can be read once a scanner has found nothing; `Malformed` says why a file is not taken.
        """
        declared = await self._do(calls.declare(referral, attachment, key))
        if declared.state is AttachmentState.AWAITING_CONTENT:
            try:
                return await self._do(calls.upload(declared.id, content, attachment.media_type))
            except OutcomeUnknown:
                pass
        return await self.attachment(declared.id)

    async def attachment(self, number: UUID) -> answers.AttachmentTold:
        """Ask where an attachment stands."""
        return await self._do(calls.attachment(number))

    async def download(self, attachment: UUID) -> bytes:
        """Return a file's bytes, if they may be read at this moment."""
        return await self._do(calls.download(attachment))

    async def register(self, person: sent.Person, *, key: str) -> answers.Registered:
        """Register somebody the information is about."""
        return await self._do(calls.register(person, key))

    async def record(self, consent: sent.Consent, *, key: str) -> answers.Recorded:
        """Record a consent."""
        return await self._do(calls.record(consent, key))

    async def report_concern(self, report: concern.Report, *, key: str) -> concern.Received:
        """Report a concern to the municipality that acts. Until this returns, count it as not received.

        `NotReceived`: nobody there takes reports here; show its `detail`, and ring. The same key again is the same
        report, so repeat it till it is received: make the key with `new_key`, keep it, then report.
        """
        return await self._do(calls.report_concern(report, key))

    async def say_more(self, report: UUID, further: concern.Further, *, key: str) -> concern.Kept:
        """Add to one's own report, or correct it; what was said first still stands."""
        return await self._do(calls.say_more(report, further, key))

    async def read_report(self, report: UUID) -> concern.OwnReport:
        """Read one's own report: one's words, received, acknowledged, and what one is told of what came of it."""
        return await self._do(calls.read_report(report))

    async def webhooks(self) -> list[answers.WebhookTold]:
        """Return the unit's webhooks, and how each is doing."""
        found = await self._do(calls.webhooks())
        return found.webhooks

    async def make_webhook(self, wanted: sent.NewWebhook) -> answers.WebhookMade:
        """Have events sent; keep the `secret` of the answer at once: it is told only then."""
        return await self._do(calls.make_webhook(wanted))

    async def turn_secret(self, webhook: UUID) -> answers.WebhookMade:
        """Change a webhook's secret; for a day both sign, so give `verify` both."""
        return await self._do(calls.turn_secret(webhook))

    async def messages(self, task: UUID, before: UUID | None = None) -> AsyncIterator[answers.MessageTold]:
        """Go back through a task's thread, newest first; `before` is a `dialogue_next` of the request."""
        while True:
            page = await self._do(calls.messages(task, before))
            for each in reversed(page.messages):
                yield each
            if (before := page.next) is None:
                return

    async def referrals(self, after: UUID | None = None) -> AsyncIterator[answers.ReferralLine]:
        """Go through what the unit has sent, oldest first, a page at a time."""
        while True:
            page = await self._do(calls.referrals(after))
            for each in page.referrals:
                yield each
            if (after := page.next) is None:
                return

    async def filed(self, after: UUID | None = None) -> AsyncIterator[concern.Filed]:
        """Go through what the unit has reported of concern, oldest first, a page at a time: no words."""
        while True:
            page = await self._do(calls.filed(after))
            for each in page.reports:
                yield each
            if (after := page.next) is None:
                return

    async def tasks(self, turn: Turn | None = None, after: UUID | None = None) -> AsyncIterator[answers.TaskLine]:
        """Go through the unit's work list, oldest first, a page at a time."""
        while True:
            page = await self._do(calls.tasks(after, turn))
            for each in page.tasks:
                yield each
            if (after := page.next) is None:
                return

    async def events(self, after: str | None = None, *, poll_s: float | None = None) -> AsyncIterator[answers.Event]:
        """Go through the feed after a cursor. None is skipped; one may come again, so keep ids or be idempotent.

        Args:
            after: the last event's `cursor`, kept together with what was done about it.
            poll_s: at the end, wait so many seconds and go on; without it, stop there.
        """
        while True:
            page = await self._do(calls.events(after))
            for each in page.events:
                after = each.cursor
                yield each
            if not page.events:
                if poll_s is None:
                    return
                await asyncio.sleep(poll_s)

    async def request(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401 - JSON
        *,
        key: str | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        """Call an address this client has no words for, such as `/offers/search`; return its JSON."""
        return await self._do(calls.anything(method, path, body, key, params))

    async def _do(self, call: Call[T]) -> T:
        trying = Trying(call.repeat, self._patience, time.monotonic())
        headers = calls.headers_of(call, self._acting)
        while True:
            try:
                return call.answered(
                    await self._http.request(
                        call.method, call.path, content=call.content, headers=headers, params=call.params
                    )
                )
            except (httpx.TransportError, FamiliebroError) as error:
                wait = trying.wait_after(error, time.monotonic())
            await asyncio.sleep(wait)
