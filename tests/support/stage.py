"""A meeting under § 11 e in the running system, with real units, and everybody who would like to know what is said."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from deploy.demo import identities
from deploy.system import System
from gateway.routes import public
from shared.auth import Assurance, Role, make_key
from shared.ids import new_id
from tests.support.callers import CALLERS, UNPROVEN
from tests.support.keys import ISSUERS, Keys
from tests.support.sweeping import HARMLESS, WRITES, Address, Ask, Caller, Headers, Map, encoded

VISITORS, DAYCARE, FAMILY_HOUSE = "helsingoer-sundhedstjenesten", "helsingoer-dagtilbud", "helsingoer-smaaboernshuset"
AUTHORITY, JOBCENTER, MIDWIVES = "helsingoer-familieraadgivningen", "helsingoer-jobcenter", "noh-jordemodercenter"
NURSERY_ELSEWHERE = "vejle-hele-familiens-dagtilbud"
PURPOSE = "tidligt_forebyggende_samarbejde"
GATEWAY = "gateway"
# All that a professional may be at once; edited is only by who is meant to, so that a sweep leaves the directory alone.
EVERYTHING = (Role.REFER, Role.RECEIVE, Role.RECORD_CONSENT, Role.LEGAL_OVERRIDE, Role.CONVENE, Role.REPORT,
              Role.RECEIVE_REPORTS)  # fmt: skip
# Changes where the meeting stands: for those who may, it is a part of the story and not of the sweep.
_SPENDS = frozenset({"opening", "presence", "departure", "end", "cancellation"})
_A_MOMENT = timedelta(seconds=2)


class SystemKeys(Keys):
    """Tokens for the running system: as its gateway and its services would sign them, and as the login outside does."""

    def __init__(self, system: System) -> None:
        known = {name: system.keys.identity(name) for name in (*ISSUERS, "demo-idp")}
        self._private = {name: json.loads(file.read_text()) if file.exists() else make_key()
                         for name, file in known.items()}  # fmt: skip
        self.folder = system.keys.trusted.parent


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a login: what it says of them at whichever door."""

    user: str
    unit: str | None = None
    roles: tuple[Role, ...] = EVERYTHING
    claims: Mapping[str, object] = field(default_factory=dict)

    def at(self, keys: Keys, door: str) -> Headers:
        """Return the header they come with: to the gateway with the login's token, to a service with the gateway's."""
        told = {"unit": self.unit} if self.unit else {}
        outside = {"issuer": "demo-idp"} if door == GATEWAY else {}
        audience = identities.AUDIENCE if door == GATEWAY else door
        return keys.party(audience, *self.roles, user=self.user, loa=Assurance.SUBSTANTIAL,
                          lifetime=timedelta(minutes=30), **told, **outside, **self.claims)  # type: ignore[arg-type]  # fmt: skip


def people(logins: Mapping[str, str]) -> dict[str, Person]:
    """Return who is there: the four who are invited, and those who are near enough to try."""
    citizens = {who: Person(login, None, (Role.CITIZEN,), {"citizen": login}) for who, login in logins.items()}
    tag = str(new_id())[-8:]
    return citizens | {
        "convener": Person(f"sp-{tag}", VISITORS),
        "present": Person(f"pd-{tag}", DAYCARE),
        "left": Person(f"sr-{tag}", AUTHORITY),
        "not come": Person(f"ft-{tag}", FAMILY_HOUSE),
        "convener's colleague": Person(f"sp2-{tag}", VISITORS),
        "colleague": Person(f"pd2-{tag}", DAYCARE),
        "present, for another unit": Person(f"pd-{tag}", FAMILY_HOUSE),
        "leader": Person(f"le-{tag}", AUTHORITY, (*EVERYTHING, Role.LEAD)),
        "auditor": Person(f"rev-{tag}", "revisionen", (Role.AUDITOR,)),
        "jobcenter": Person(f"jc-{tag}", JOBCENTER),
        "midwife's system": Person(f"noh-{tag}", MIDWIVES, EVERYTHING, {"system": True, "acting_user": f"jm-{tag}"}),
    }


INVITED = ("convener", "present", "left", "not come")
IN_THE_ROOM = ("convener", "present")


@dataclass(slots=True)
class Stage:
    """The system, the people, and what they have made so far."""

    system: System
    keys: SystemKeys
    who: dict[str, Person]
    ids: dict[str, str] = field(default_factory=dict)
    ends_at: datetime | None = None

    @classmethod
    def of(cls, system: System) -> "Stage":
        """Set it up: nothing is made yet."""
        logins = {who: f"{who}-{new_id()}" for who in ("mother", "father")}
        return cls(system, SystemKeys(system), people(logins))

    def ask(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Ask through the gateway."""
        told = {**self.header(who, GATEWAY), **headers}
        url = f"{self.system.url(GATEWAY)}/api/v1{path}"
        return httpx.request(method, url, headers=told, timeout=20, **({} if body is None else {"json": body}))

    def header(self, who: str, door: str) -> Headers:
        """Return what somebody comes with to a door; a system gets its token from the gateway itself."""
        if door == GATEWAY and self.who[who].claims.get("system"):
            token = identities.system_token(self.system.keys, self.system.url(GATEWAY))
            return {**identities.ACTING, "Authorization": f"Bearer {token}"}
        return self.who[who].at(self.keys, door)

    def made(self, who: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """Post something that must go well."""
        answer = self.ask(who, "POST", path, body, **headers)
        assert answer.is_success, f"{path}: {answer.text}"
        told: dict[str, Any] = answer.json()
        return told

    def family(self) -> None:
        """Register a child and its parents, who hold custody of it together."""
        mother, father = (self.who[each].user for each in ("mother", "father"))
        born = (datetime.now(UTC) - timedelta(days=900)).date().isoformat()
        self.ids["mother"] = self.made("convener", "/persons", {"birth_date": "1994-05-02", "login": mother})["id"]
        self.ids["father"] = self.made("convener", "/persons", {"birth_date": "1992-09-17", "login": father})["id"]
        self.ids["child"] = self.made("convener", "/persons", {"birth_date": born})["id"]
        custody = {"holders": [self.ids["mother"], self.ids["father"]], "since": born}
        self.made("convener", f"/persons/{self.ids['child']}/custody", custody)

    def call(self, about: str, necessity: str, *, seconds: float = 3600.0) -> None:
        """Open a matter about the child, and call its meeting for a moment from now."""
        matter = self.made("convener", "/section-11e/matters", {"child": self.ids["child"], "about": about})
        starts = datetime.now(UTC) + _A_MOMENT
        self.ends_at = starts + timedelta(seconds=seconds)
        guests = [("present", "pedagogue"), ("left", "social_worker"), ("not come", "family_therapist")]
        called = self.made("convener", f"/section-11e/matters/{matter['id']}/meetings", {
            "purpose": PURPOSE, "starts_at": starts.isoformat(), "ends_at": self.ends_at.isoformat(),
            "profession": "health_visitor", "necessity": necessity, "leader": self.who["leader"].user,
            "consent_attempt": {"impossible": "not_reached", "why": "Ringet tre gange og skrevet."},
            "attendees": [{"user": self.who[who].user, "profession": what, "unit": self.who[who].unit}
                          for who, what in guests],
        })  # fmt: skip
        self.ids |= {"matter": matter["id"], "meeting": called["id"]}

    def refer(self, text: str) -> None:
        """Let the mother ask the family house for help herself: a referral that is read there."""
        sent = self.made("mother", "/my/referrals", {
            "purpose": "early_support", "recipients": [FAMILY_HOUSE],
            "own_words": {"text": "Jeg vil gerne møde andre."},
            "information": [{"category": "contact", "text": text}], "offers": [],
        })  # fmt: skip
        self.ids |= {"referral": sent["id"], "task": sent["tasks"][0]["id"]}

    def report(self, text: str) -> None:
        """Let the daycare report its concern for a child to the authority: that is no part of the meeting."""
        made = self.made("present", "/concern-reports", {
            "ground": "may_need_support", "words": {"concern": text}, "where": {"stays_in": "0217"},
            "reporter": {"name": "Pædagogen"}, "parents": {"why_not": "left_to_authority"},
        })  # fmt: skip
        self.ids["report"] = made["id"]

    def listen(self, who: str, url: str) -> None:
        """Have a unit's own system told of everything that happens."""
        self.ids["webhook"] = self.made(who, "/webhooks", {"url": url})["id"]

    def in_meeting(self, who: str, step: str, body: Any = None, **headers: str) -> httpx.Response:
        """Take a step in the meeting."""
        return self.ask(who, "POST", f"/section-11e/meetings/{self.ids['meeting']}/{step}", body, **headers)

    def callers(self) -> list[Caller]:
        """Return everybody who is near enough to try, and the services themselves."""
        found = [Caller(name, self._signed(name), name not in {*INVITED, "convener's colleague"})
                 for name in self.who]  # fmt: skip
        return [
            *found,
            *(Caller(f"service {name}", self._service(name)) for name in ("consent", "referral", "concern")),
        ]

    def _signed(self, who: str) -> Callable[[str], Headers | None]:
        held: dict[str, Headers] = {}

        def header(door: str) -> Headers:
            return held.setdefault(door, held.get(door) or self.header(who, door))

        return header

    def _service(self, name: str) -> Callable[[str], Headers | None]:
        held: dict[str, Headers] = {}

        def header(door: str) -> Headers | None:
            if door in {GATEWAY, name}:
                return None
            return held.setdefault(door, held.get(door) or self.keys.service(name, door))

        return header

    def strangers(self) -> list[Caller]:
        """Return every kind of caller there is, as the other tests know them: forged, expired, of another unit .."""
        return [Caller(name, self._stranger(name)) for name in CALLERS]

    def _stranger(self, name: str) -> Callable[[str], Headers | None]:
        held: dict[str, Headers] = {}

        def header(door: str) -> Headers | None:
            if door == GATEWAY and name not in UNPROVEN:
                return None
            audience = identities.AUDIENCE if door == GATEWAY else door
            return held.setdefault(door, held.get(door) or CALLERS[name](self.keys, audience))

        return header

    def map(self, brought: str | None = None) -> Map:
        """Return what to ask about: everything that has to do with the child and the meeting."""
        told, people = self.ids, [self.ids[each] for each in ("child", "mother")]
        ids: dict[tuple[str, str], Sequence[str]] = {
            ("consent", "meeting"): [told["meeting"]], ("consent", "matter"): [told["matter"]],
            ("consent", "person"): people, ("referral", "referral"): [told["referral"]],
            ("referral", "task"): [told["task"]], ("referral", "need"): [told["need"]] if "need" in told else [],
            ("referral", "meeting"): [told["meeting"]], ("directory", "unit"): [DAYCARE],
            ("directory", "offer"): ["case1-netvaerksgruppe-anbragte-moedre"],
        }  # fmt: skip
        if "report" in told:
            ids["concern", "report"] = [told["report"]]
        if "webhook" in told:
            ids["referral", "webhook"] = [told["webhook"]]
        queries = {
            "referral": told["referral"], "subject": told["child"], "person": told["child"], "child": told["child"],
            "municipality": "0217", "unit": DAYCARE, "form": "pdf", "format": "json", "meeting": told["meeting"],
            "matter": told["matter"], "since": "2026-01-01T00:00:00Z", "q": "æblekassen", "kind": "primary",
        }  # fmt: skip
        safe = {
            ("consent", "meeting"),
            ("consent", "matter"),
            ("referral", "referral"),
            ("referral", "task"),
            ("concern", "report"),
        }
        return Map(ids, queries, safe, [told["meeting"], *([brought] if brought else [])])

    def asks(
        self, addresses: Sequence[Address], callers: Sequence[Caller], doors: Sequence[str], ground: Map,
        *, whole: bool = False, tags: Mapping[tuple[str, str, str], str] | None = None,
    ) -> list[Ask]:  # fmt: skip
        """Return every question: each caller, each address, each door they come to.

        `whole`: with every query, ids of other things, and HEAD too. `tags`: what was told before, asked again as
        whoever kept it would.
        """
        found = []
        for door in doors:
            for caller in callers:
                for address in addresses:
                    headers = caller.header(GATEWAY if door == GATEWAY else address.service)
                    if headers is None or (door == "direct" and address.service == GATEWAY):
                        continue
                    found += self._questions(door, caller, address, ground, headers, whole=whole, tags=tags or {})
        return found

    def _questions(
        self, door: str, caller: Caller, address: Address, ground: Map, headers: Headers, *, whole: bool,
        tags: Mapping[tuple[str, str, str], str],
    ) -> list[Ask]:  # fmt: skip
        if not caller.may_spend and address.path.rpartition("/")[2] in _SPENDS:
            return []
        found = []
        writes = address.method in WRITES
        for path in ground.paths(address, odd=whole):
            if address.service == GATEWAY:
                base = self.system.url(GATEWAY) + path
            elif door == GATEWAY:
                base = self.system.url(GATEWAY) + public(address.service, path)
            else:
                base = self.system.url(address.service) + path
            for query in ground.asked(address) if whole else [""]:
                url = base + query
                told = dict(headers)
                if (door, caller.name, url) in tags:
                    told["If-None-Match"] = tags[door, caller.name, url]
                body = encoded(self._body(caller, address)) if writes else None
                if writes:
                    told["Content-Type"] = "application/json"
                found.append(Ask(door, caller.name, address, address.method, url, told, body))
            if whole and not writes:
                found.append(Ask(door, caller.name, address, "HEAD", base, headers, None))
        return found

    def _body(self, caller: Caller, address: Address) -> Any:
        """Return what is posted: strangers send what the description shows, all others what nobody takes."""
        inside = caller.name in self.who
        if not inside and address.path.startswith("/section-11e/meetings") and address.example is not None:
            return address.example
        return HARMLESS
