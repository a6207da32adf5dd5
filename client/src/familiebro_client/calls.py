"""Every call as a value: what is sent, how the answer is read, and whether it may be repeated. No network here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

import httpx
from pydantic import BaseModel, ValidationError

from familiebro_client import concern, sent
from familiebro_client import told as answers
from familiebro_client.errors import UnexpectedAnswer, told

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)
_MOST = 100


class Repeat(Enum):
    """When a call whose fate is unknown may be made again."""

    SAFELY = "safely"
    """It reads, or it carries a key: twice is once."""
    GUARDED = "guarded"
    """It carries `If-Match`: the second is refused if the first was done."""
    NEVER = "never"
    """Only where it surely was not done."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    repeat: Repeat = Repeat.SAFELY
    content: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)

    def answered(self, answer: httpx.Response) -> T:
        """Return what the answer says.

        Raises:
            FamiliebroError: Familiebro, or something before it, said no.
        """
        if not answer.is_success:
            raise told(answer)
        return self.read(answer)


@dataclass(frozen=True, slots=True)
class Acting:
    """The person behind the system, named on each call (R66).

    Args:
        user: an authorisation id or the system's own pseudonym; never a civil registration number.
        organisation: the SOR code of the organisation that the system is registered for.
    """

    user: str
    organisation: str

    def __post_init__(self) -> None:
        """Refuse what Familiebro would.

        Raises:
            ValueError: one of them has not the form.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", self.user, re.ASCII):
            msg = "user: letters, digits, dots, hyphens and underscores, at most 64"
            raise ValueError(msg)
        if not re.fullmatch(r"\d{11,20}", self.organisation, re.ASCII):
            msg = "organisation: a SOR code, 11 to 20 digits"
            raise ValueError(msg)

    def headers(self) -> dict[str, str]:
        """Return it as it is sent."""
        return {"Familiebro-Acting-User": self.user, "Familiebro-Acting-Organisation": self.organisation}


def new_key() -> str:
    """Return an idempotency key. Keep it with what you post, before you post it."""
    return str(uuid4())


def post(referral: sent.Referral, key: str) -> Call[answers.Posted]:
    """Post a request."""
    return _post("/referrals", referral, answers.Posted, key)


def read(referral: UUID) -> Call[answers.ReferralRead]:
    """Read a request as it may be seen now."""
    return Call("GET", f"/referrals/{referral}", _as(answers.ReferralRead))


def change(referral: UUID, what: sent.Change, key: str) -> Call[answers.Posted]:
    """Change one's own request. Only `Addition` carries a key; the others are not repeated when in doubt."""
    path = f"/referrals/{referral}/{what.address}"
    if isinstance(what, sent.Addition):
        return _post(path, what, answers.Posted, key)
    return Call("POST", path, _as(answers.Posted), Repeat.NEVER, _json(what))


def state(referral: UUID, stated: sent.Stated, key: str) -> Call[answers.StatedTold]:
    """Answer whether there is a duty to report, anew or for the first time."""
    return _post(f"/referrals/{referral}/duty-to-report", stated, answers.StatedTold, key)


def stated(referral: UUID) -> Call[answers.DutyTold]:
    """Read what one has answered."""
    return Call("GET", f"/referrals/{referral}/duty-to-report", _as(answers.DutyTold))


def correct(referral: UUID, correction: sent.Correction) -> Call[None]:
    """Correct what one's unit wrote. A second time it is refused: the piece has been corrected."""
    return Call("POST", f"/referrals/{referral}/corrections", _nothing, Repeat.GUARDED, _json(correction))


def step(task: UUID, what: sent.Step, version: int) -> Call[answers.Task]:
    """Take a step from the version that was read."""
    return _guarded(f"/tasks/{task}/{what.address}", what, answers.Task, version)


def agree(task: UUID, version: int) -> Call[answers.Posted]:
    """Agree to what the recipient proposed."""
    return _guarded(f"/tasks/{task}/{sent.Agree.address}", sent.Agree(), answers.Posted, version)


def reopen(task: UUID, what: sent.Reopen) -> Call[answers.Posted]:
    """Take up again what has ended."""
    return Call("POST", f"/tasks/{task}/reopening", _as(answers.Posted), Repeat.NEVER, _json(what))


def say(task: UUID, message: sent.Message, key: str) -> Call[answers.SaidTold]:
    """Say something in a task's thread."""
    return _post(f"/tasks/{task}/messages", message, answers.SaidTold, key)


def register(person: sent.Person, key: str) -> Call[answers.Registered]:
    """Register somebody the information is about."""
    return _post("/persons", person, answers.Registered, key)


def record(consent: sent.Consent, key: str) -> Call[answers.Recorded]:
    """Record a consent."""
    return _post("/consents", consent, answers.Recorded, key)


def report_concern(report: concern.Report, key: str) -> Call[concern.Received]:
    """Report a concern."""
    return _post("/concern-reports", report, concern.Received, key)


def say_more(report: UUID, further: concern.Further, key: str) -> Call[concern.Kept]:
    """Add to one's own report, or correct it."""
    return _post(f"/concern-reports/{report}/{further.address}", further, concern.Kept, key)


def filed(after: UUID | None) -> Call[concern.FiledPage]:
    """Return a page of what the unit has reported."""
    return Call("GET", "/concern-reports/filed", _as(concern.FiledPage), params=_page(after))


def read_report(report: UUID) -> Call[concern.OwnReport]:
    """Read one's own report."""
    return Call("GET", f"/concern-reports/{report}", _as(concern.OwnReport))


def referrals(after: UUID | None) -> Call[answers.ReferralPage]:
    """Return a page of the unit's own requests."""
    return Call("GET", "/referrals", _as(answers.ReferralPage), params=_page(after))


def tasks(after: UUID | None, turn: str | None) -> Call[answers.TaskPage]:
    """Return a page of the unit's work list."""
    params = _page(after) | ({} if turn is None else {"turn": turn})
    return Call("GET", "/tasks", _as(answers.TaskPage), params=params)


def events(after: str | None) -> Call[answers.EventPage]:
    """Return a page of the feed."""
    return Call("GET", "/events", _as(answers.EventPage), params=_page(after))


def declare(referral: UUID, attachment: sent.Attachment, key: str) -> Call[answers.Declared]:
    """Say what will be attached."""
    return _post(f"/referrals/{referral}/attachments", attachment, answers.Declared, key)


def upload(attachment: UUID, content: bytes, media_type: str) -> Call[answers.AttachmentTold]:
    """Send an attachment's bytes: a second time is refused, so a try that got no answer is not lost sight of."""
    path = f"/attachments/{attachment}/content"
    return Call("PUT", path, _as(answers.AttachmentTold), Repeat.GUARDED, content, content_type=media_type)


def attachment(number: UUID) -> Call[answers.AttachmentTold]:
    """Ask where an attachment stands."""
    return Call("GET", f"/attachments/{number}", _as(answers.AttachmentTold))


def download(attachment: UUID) -> Call[bytes]:
    """Fetch an attachment's bytes."""
    return Call("GET", f"/attachments/{attachment}/content", _bytes)


def messages(task: UUID, before: UUID | None) -> Call[answers.MessagePage]:
    """Return a part of a task's thread."""
    params = {"limit": str(_MOST)} | ({} if before is None else {"before": str(before)})
    return Call("GET", f"/tasks/{task}/messages", _as(answers.MessagePage), params=params)


def webhooks() -> Call[answers.WebhookList]:
    """Return the unit's webhooks."""
    return Call("GET", "/webhooks", _as(answers.WebhookList))


def make_webhook(wanted: sent.NewWebhook) -> Call[answers.WebhookMade]:
    """Make a webhook."""
    return Call("POST", "/webhooks", _as(answers.WebhookMade), Repeat.NEVER, _json(wanted))


def turn_secret(webhook: UUID) -> Call[answers.WebhookMade]:
    """Change a webhook's secret."""
    return Call("POST", f"/webhooks/{webhook}/secret", _as(answers.WebhookMade), Repeat.NEVER)


def headers_of(call: Call[Any], acting: Acting | None) -> dict[str, str]:
    """Return a call's headers, but for the token."""
    kind = {} if call.content is None else {"Content-Type": call.content_type}
    return {**kind, **call.headers, **({} if acting is None else acting.headers())}


def anything(
    method: str,
    path: str,
    body: Any,  # noqa: ANN401 - JSON
    key: str | None,
    params: Mapping[str, str] | None,
) -> Call[Any]:
    """Return a call this client has no words for; its answer is plain JSON, None where there is none."""
    headers = {} if key is None else {"Idempotency-Key": key}
    repeat = Repeat.SAFELY if key is not None or method in {"GET", "PUT", "DELETE"} else Repeat.NEVER
    content = None if body is None else httpx.Request(method, "http://json", json=body).content
    return Call(method, path, _plain, repeat, content, headers=headers, params=params or {})


def _page(after: UUID | str | None) -> dict[str, str]:
    return {"limit": str(_MOST)} | ({} if after is None else {"after": str(after)})


def _post(path: str, body: sent.Sent, answer: type[Model], key: str) -> Call[Model]:
    return Call("POST", path, _as(answer), Repeat.SAFELY, _json(body), headers={"Idempotency-Key": key})


def _guarded(path: str, body: sent.Sent, answer: type[Model], version: int) -> Call[Model]:
    return Call("POST", path, _as(answer), Repeat.GUARDED, _json(body), headers={"If-Match": f'"{version}"'})


def _json(body: sent.Sent) -> bytes:
    return body.model_dump_json(exclude_none=True, context={sent.REVEAL: True}).encode()


def _as(model: type[Model]) -> Callable[[httpx.Response], Model]:
    def parse(answer: httpx.Response) -> Model:
        try:
            return model.model_validate_json(answer.content)
        except ValidationError as error:
            fields = sorted({".".join(map(str, each["loc"])) for each in error.errors(include_input=False)})
        raise UnexpectedAnswer(answer.status_code, answer.headers.get("x-request-id"), fields)

    return parse


def _nothing(_answer: httpx.Response) -> None:
    return None


def _bytes(answer: httpx.Response) -> bytes:
    return answer.content


def _plain(answer: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        pass
    raise UnexpectedAnswer(answer.status_code, answer.headers.get("x-request-id"))
