"""A unit's webhooks: a signed call to its own system when something has happened (standardwebhooks.com)."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.referral.actions import webhooks
from services.referral.actions.webhooks import Keeping
from services.referral.api.context import Surroundings
from services.referral.api.roles import Party
from services.referral.domain.happenings import Happening
from services.referral.domain.webhooks import LONGEST_URL, Standing, Status
from shared.cursor import read_cursor
from shared.text import Moment, WireIn, WireOut

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
MOST = 200
MOST_NAMED = 1000


def _keeping(request: Request) -> Keeping:
    keeping: Keeping = request.app.state.webhooks
    return keeping


Kept = Annotated[Keeping, Depends(_keeping)]


class WebhookIn(WireIn):
    """Where to send, and what."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://journal.example/hook", "kinds": ["received", "accepted"]}]}
    )

    url: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_URL)] = Field(
        description="an https address on the open internet; it may hold a secret of yours: nobody else sees it"
    )
    kinds: Annotated[frozenset[Happening | Literal["withheld"]], Field(min_length=1)] | None = Field(
        default=None,
        description="only these kinds of event, as the feed names them, and `withheld` for those whose kind may not be "
        "told when they are sent; all, where nothing is said",
    )


class ReplayIn(WireIn):
    """What to send again: all since a moment, or the events named."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2027-01-11T08:00:00Z"}]})

    since: Moment | None = Field(default=None, description="everything that happened from this moment on")
    deliveries: Annotated[list[UUID], Field(min_length=1, max_length=MOST_NAMED)] | None = Field(
        default=None, description="the events' ids"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.since is None) == (self.deliveries is None):
            raise PydanticCustomError("one_of_two", "name either since or deliveries")
        return self


class WebhookOut(WireOut):
    """A webhook of your unit."""

    id: UUID
    url: str | None = Field(description="null where the key it was sealed with is gone: delete it, and make another")
    kinds: list[str] | None
    at: datetime
    standing: Standing = Field(
        description="`working`; `failing`: it has not answered several times in a row and is only tried now and then; "
        "`off`: nothing is sent, and what happens waits, until a test is answered"
    )
    off_why: str | None = Field(description="`gone` (it answered 410), `own_unit_closed` or `secret_unreadable`")
    failing_since: datetime | None
    waiting: int = Field(
        description="how many deliveries wait; those that follow a recipient's answer to you are not counted, as their "
        "number would tell of the course (see `deliveries`)"
    )
    both_sign_until: datetime | None = Field(description="until then the secret before signs along")
    test_asked_at: datetime | None
    tested_at: datetime | None
    test_status: int | None
    test_failure: str | None


class WebhookMadeOut(WebhookOut):
    """A webhook with its secret."""

    secret: str = Field(description="told this once; every message is signed with it")


class WebhookList(WireOut):
    """Your unit's webhooks, oldest first."""

    webhooks: list[WebhookOut]


class DeliveryOut(WireOut):
    """What was or is to be sent of one event."""

    event: UUID = Field(description="the event's id, which is `webhook-id` at every attempt")
    referral: UUID
    task: UUID
    status: Status = Field(description="`dead`: given up on after the last attempt; ask for it with a replay")
    attempts: int
    happened_at: datetime
    next_at: datetime | None
    tried_at: datetime | None
    last_status: int | None = Field(description="what your system answered last")
    failure: str | None = Field(
        description="why it did not answer: `timeout`, `no_connection`, `unknown_host`, `certificate`, "
        "`address_refused` or `no_answer`"
    )
    cursor: str = Field(description="send the last one as `after` to go on")


class DeliveryList(WireOut):
    """Deliveries, in the feed's order."""

    deliveries: list[DeliveryOut]


@router.post("", status_code=201, summary="Have your system told when something happens")
async def make(body: WebhookIn, around: Surroundings, kept: Kept, _caller: Party) -> WebhookMadeOut:
    """Make a webhook of your unit; what happens from now on is sent."""
    kinds = None if body.kinds is None else sorted(body.kinds)
    made, secret = await webhooks.make(around, kept, body.url, kinds)
    return _made(made, secret)


@router.get("", summary="Your unit's webhooks")
async def every(around: Surroundings, kept: Kept, _caller: Party) -> WebhookList:
    """Return how each is doing."""
    found = await webhooks.every(around, kept)
    return WebhookList(webhooks=[WebhookOut.model_validate(each) for each in found])


@router.get("/{webhook}", summary="One of your unit's webhooks")
async def read(webhook: UUID, around: Surroundings, kept: Kept, _caller: Party) -> WebhookOut:
    """Return how it is doing, and what came of its last test."""
    return WebhookOut.model_validate(await webhooks.read(around, kept, webhook))


@router.delete("/{webhook}", status_code=204, summary="Send there no more")
async def remove(webhook: UUID, around: Surroundings, _caller: Party) -> None:
    """Delete it; what waited for it is still in the feed."""
    await webhooks.remove(around, webhook)


@router.post("/{webhook}/secret", status_code=201, summary="Change the secret")
async def turn_secret(webhook: UUID, around: Surroundings, kept: Kept, _caller: Party) -> WebhookMadeOut:
    """Make a new secret; for 24 hours each message is signed with both."""
    turned, secret = await webhooks.turn_secret(around, kept, webhook)
    return _made(turned, secret)


@router.post("/{webhook}/test", status_code=202, summary="Have a test sent")
async def test(webhook: UUID, around: Surroundings, kept: Kept, _caller: Party) -> WebhookOut:
    """Send a message of type `test`; read the webhook to see what came of it. A good one turns it on again."""
    return WebhookOut.model_validate(await webhooks.test(around, kept, webhook))


@router.get("/{webhook}/deliveries", summary="What was sent, what waits, and what was given up on")
async def deliveries(
    webhook: UUID,
    around: Surroundings,
    _caller: Party,
    status: Annotated[Status | None, Query(description="only these")] = None,
    after: Annotated[str | None, Query(max_length=60, description="the last delivery's cursor")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> DeliveryList:
    """Return deliveries with their attempts; what was delivered is forgotten after some weeks."""
    found = await webhooks.deliveries(around, webhook, status, read_cursor(after), limit)
    return DeliveryList(deliveries=[DeliveryOut.model_validate(each) for each in found])


@router.post("/{webhook}/replay", status_code=202, summary="Have events sent again")
async def replay(webhook: UUID, body: ReplayIn, around: Surroundings, kept: Kept, _caller: Party) -> WebhookOut:
    """Send again what happened since a moment, or the events named; each as it may be told then.

    At most 10,000, the oldest first: once they have come, go on from the last one's moment.
    """
    await webhooks.replay(around, webhook, body.since, body.deliveries)
    return WebhookOut.model_validate(await webhooks.read(around, kept, webhook))


def _made(webhook: webhooks.Webhook, secret: str) -> WebhookMadeOut:
    told = WebhookOut.model_validate(webhook)
    return WebhookMadeOut(**told.model_dump(), secret=secret)
