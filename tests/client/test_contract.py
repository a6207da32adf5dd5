"""The client against the services: the same lists, the same fields, and each other's examples and bodies."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from familiebro_client import concern, lists, sent
from familiebro_client import told as answers
from familiebro_client.lists import OpenList
from services.concern.api import reporting
from services.concern.api import shapes as concern_shapes
from services.concern.api import told as concern_told
from services.concern.domain import acting, dialogue, feedback, informing, overdue, saying
from services.concern.domain import kinds as concern_kinds
from services.consent.api import consents, people
from services.consent.api.identifiers import IdentifierIn
from services.consent.domain.identifiers import Issuer
from services.consent.domain.model import Method
from services.referral.api import attachments, duty, events, referrals, shapes, steps, tasks, webhooks, words
from services.referral.domain import attachments as domain_attachments
from services.referral.domain import happenings, kinds, lifecycle, model
from services.referral.domain import webhooks as domain_webhooks
from services.referral.domain.duty import DutyAnswer
from shared import contracts, problems, vocabulary
from shared.text import WireIn

LISTS: Mapping[type[OpenList], type[StrEnum]] = {
    lists.Category: vocabulary.Category, lists.Purpose: vocabulary.Purpose, lists.Reason: vocabulary.Reason,
    lists.Kind: kinds.Kind, lists.Priority: kinds.Priority, lists.Topic: kinds.Topic, lists.Relation: kinds.Relation,
    lists.DeclineReason: kinds.DeclineReason, lists.FamilyReason: kinds.FamilyReason,
    lists.DropOutReason: kinds.DropOutReason, lists.Outcome: kinds.Outcome, lists.ReopenReason: kinds.ReopenReason,
    lists.TaskState: lifecycle.TaskState, lists.Turn: lifecycle.Turn, lists.Party: lifecycle.Party,
    lists.MessageKind: model.MessageKind, lists.Label: model.Label, lists.Scale: model.Scale,
    lists.FixBy: problems.FixBy, lists.MediaType: domain_attachments.MediaType,
    lists.AttachmentState: domain_attachments.AttachmentState, lists.Why: domain_attachments.Why,
    lists.DutyAnswer: DutyAnswer,
    lists.Standing: domain_webhooks.Standing, lists.Issuer: Issuer, lists.Happening: happenings.Happening,
    concern.Ground: concern_kinds.Ground, concern.Subject: concern_kinds.Subject,
    concern.ReporterKind: concern_kinds.ReporterKind, concern.Form: dialogue.Form,
    concern.DialogueState: dialogue.DialogueState, concern.WhyNot: informing.WhyNot, concern.Custody: acting.Custody,
    concern.Living: acting.Living, concern.Basis: acting.Basis, concern.Missing: acting.Missing,
    concern.Watched: overdue.Watched, concern.SaidAs: saying.SaidAs, concern.MeasureType: feedback.MeasureType,
}  # fmt: skip
REQUESTS: Mapping[type[sent.Sent], type[WireIn]] = {
    sent.Referral: words.ReferralIn, sent.Information: words.InformationIn, sent.Level: words.LevelIn,
    sent.DutyToReport: words.DutyToReportIn, sent.Stated: words.StatedIn,
    sent.OwnWords: words.OwnWordsIn, sent.Wish: words.WishIn, sent.Message: tasks.MessageIn,
    sent.Addition: referrals.AdditionIn, sent.Correction: referrals.CorrectionIn,
    sent.Recipients: referrals.RecipientsIn, sent.Withdrawal: referrals.NothingIn, sent.Sending: referrals.NothingIn,
    sent.Closing: referrals.NothingIn, sent.Accept: referrals.NothingIn, sent.NotReached: referrals.NothingIn,
    sent.MarkError: referrals.NothingIn, sent.Disagree: referrals.NothingIn, sent.Agree: referrals.NothingIn,
    sent.Decline: steps.DeclineIn, sent.Proposed: steps.AheadIn, sent.FamilyDeclines: steps.FamilyDeclineIn,
    sent.Start: steps.StartIn, sent.Complete: steps.EndIn, sent.Advise: steps.EndIn, sent.DropOut: steps.DropOutIn,
    sent.Propose: steps.ProposalIn, sent.Reopen: steps.ReopenIn, sent.Person: people.PersonIn,
    sent.Expected: people.ExpectedIn, sent.Identifier: IdentifierIn, sent.Attachment: attachments.AttachmentIn,
    sent.NewWebhook: webhooks.WebhookIn, sent.Consent: consents.ConsentIn,
    concern.Report: concern_shapes.ReportIn, concern.Child: concern_shapes.ChildIn,
    concern.Adult: concern_shapes.AdultIn, concern.Where: concern_shapes.WhereIn,
    concern.Concern: concern_shapes.ConcernIn, concern.Informing: concern_shapes.InformingIn,
    concern.Reporter: concern_shapes.ReporterIn, concern.Identifier: concern_shapes.IdentifierIn,
    concern.Addition: concern_shapes.FurtherIn, concern.Correction: reporting.CorrectionIn,
}  # fmt: skip
ANSWERS: Mapping[type[answers.Told], type[BaseModel]] = {
    answers.Withheld: shapes.WithheldOut, answers.Missing: shapes.MissingOut, answers.Ask: contracts.AskOut,
    answers.LevelTold: shapes.LevelOut, answers.Piece: shapes.PieceOut, answers.Ahead: shapes.AheadOut,
    answers.Hoped: shapes.HopedOut, answers.DecidingUnit: shapes.DecidingUnitOut,
    answers.Origin: shapes.OriginOut, answers.Task: shapes.TaskOut, answers.MessageTold: shapes.MessageOut,
    answers.Posted: shapes.PostedOut, answers.ReferralLine: shapes.ReferralLine,
    answers.ReferralRead: shapes.ReferralOut, answers.ReferralPage: shapes.PostedList,
    answers.TaskLine: tasks.TaskLine, answers.TaskPage: tasks.TaskList, answers.SaidTold: tasks.SaidOut,
    answers.Event: events.EventOut, answers.EventPage: events.EventList, answers.Registered: people.PersonOut,
    answers.Recorded: consents.WordOut, answers.StillToAsk: consents.AskOut,
    answers.Declared: attachments.DeclaredOut, answers.AttachmentTold: attachments.AttachmentOut,
    answers.WebhookTold: webhooks.WebhookOut, answers.WebhookMade: webhooks.WebhookMadeOut,
    answers.WebhookList: webhooks.WebhookList, answers.Earlier: shapes.EarlierOut,
    answers.MessagePage: tasks.MessagePage, answers.StatedTold: duty.StatedOut, answers.DutyTold: duty.DutyOut,
    concern.Received: concern_told.ReceivedOut, concern.WhereTold: concern_told.WhereOut,
    concern.MissingTold: concern_told.MissingOut, concern.ClockTold: concern_told.ClockOut,
    concern.Kept: reporting.SaidNowOut, concern.OwnReport: concern_told.OwnReportOut,
    concern.ChildTold: concern_told.ChildOut, concern.AdultTold: concern_told.AdultOut,
    concern.IdentifierTold: concern_told.IdentifierOut, concern.ReporterTold: concern_told.ReporterOut,
    concern.Said: concern_told.SaidOut, concern.InformingTold: concern_told.InformingOut,
    concern.FeedbackTold: concern_told.FeedbackOut, concern.Filed: concern_told.FiledOut,
    concern.FiledPage: concern_told.FiledList,
}  # fmt: skip
OF_ITS_OWN = {sent.Sent, sent.Said, sent.Change, sent.Step, concern.Further}
NO_ANSWER_YET: set[type[answers.Told]] = {answers.Told, answers.TaskAt}


def every(kind: type[Any], *modules: Any) -> set[type[Any]]:
    """Return every model of some modules."""
    found = [each for module in modules for each in vars(module).values()]
    return {each for each in found if isinstance(each, type) and issubclass(each, kind)}


def test_every_list_says_just_what_the_services_list_says() -> None:
    assert set(LISTS) == every(OpenList, lists, concern) - {OpenList}
    for ours, theirs in LISTS.items():
        assert {each.value: each.name for each in ours} == {each.value: each.name for each in theirs}, ours


def test_every_model_is_compared() -> None:
    assert set(REQUESTS) == every(sent.Sent, sent, concern) - OF_ITS_OWN
    assert set(ANSWERS) == every(answers.Told, answers, concern) - NO_ANSWER_YET


@pytest.mark.parametrize("ours", REQUESTS, ids=lambda kind: kind.__name__)
def test_a_request_has_the_fields_and_bounds_that_the_service_takes(ours: type[sent.Sent]) -> None:
    theirs = REQUESTS[ours]
    assert shape(ours) == shape(theirs)


@pytest.mark.parametrize("ours", ANSWERS, ids=lambda kind: kind.__name__)
def test_an_answer_has_the_fields_that_the_service_tells(ours: type[answers.Told]) -> None:
    told = ours.model_json_schema(mode="serialization")["properties"]
    assert set(told) == set(ANSWERS[ours].model_json_schema(mode="serialization")["properties"])
    for name, field in ours.model_fields.items():
        nullable = type(None) in get_args(field.annotation)
        may_be_null = type(None) in get_args(ANSWERS[ours].model_fields[name].annotation)
        assert nullable or not may_be_null, name


def shape(kind: type[BaseModel]) -> dict[str, Any]:
    """Return a model's fields: which are needed, and every bound on them."""
    schema = kind.model_json_schema()
    needed = set(schema.get("required", []))
    return {name: (name in needed, bounds(field, schema.get("$defs", {})))
            for name, field in schema.get("properties", {}).items()}  # fmt: skip


def bounds(field: Any, defs: Mapping[str, Any]) -> Any:
    """Return what a field's schema bounds, without names and descriptions; a model within is compared by itself."""
    if isinstance(field, list):
        return sorted((bounds(each, defs) for each in field), key=repr)
    if not isinstance(field, dict):
        return field
    if "$ref" in field:
        named = defs[field["$ref"].rpartition("/")[2]]
        return sorted(named["enum"]) if "enum" in named else "a model"
    kept = {"type", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format", "items", "anyOf",
            "uniqueItems", "minimum", "maximum"}  # fmt: skip
    told = {name: bounds(value, defs) for name, value in field.items() if name in kept}
    closed = field.get("enum") or ([field["const"]] if "const" in field else None)
    return sorted(closed) if closed else told


def test_every_example_of_the_service_is_a_request_of_the_clients_and_comes_back_as_it_was() -> None:
    compared = 0
    for ours, theirs in REQUESTS.items():
        for example in theirs.model_json_schema().get("examples", []):
            made = ours.model_validate(example)
            again = theirs.model_validate_json(made.model_dump_json(exclude_none=True, context={sent.REVEAL: True}))
            assert again == theirs.model_validate(example), ours
            compared += 1
    assert compared > 10


def test_a_method_of_consent_is_one_of_the_services() -> None:
    assert set(get_args(sent.Consent.model_fields["method"].annotation)) == {each.value for each in Method}


@pytest.mark.parametrize("ours", REQUESTS, ids=lambda kind: kind.__name__)
def test_a_request_takes_no_field_that_is_none(ours: type[sent.Sent]) -> None:
    with pytest.raises(ValidationError) as refused:
        ours.model_validate({"surplus": "hemmeligt"})
    assert "hemmeligt" not in str(refused.value)


def test_a_new_word_in_an_answer_is_kept_and_never_sent() -> None:
    told = answers.Ahead.model_validate({"offer": "a", "unit": None, "new": {"field": 1}})
    assert told.offer == "a"
    missing = answers.Withheld.model_validate(
        {"subject": "01a20262-ff72-74e6-9f69-e7e0788311b4", "category": "brand_new", "category_name": "Ny",
         "reason": "withdrawn", "why": "…"}
    )  # fmt: skip
    assert (missing.category, missing.category.is_known, missing.reason.is_known) == ("brand_new", False, True)
    assert missing.category == lists.Category("brand_new")
    with pytest.raises(ValidationError):
        sent.Information(subject=missing.subject, category=missing.category, text="x")
    with pytest.raises(ValidationError):
        sent.Information.model_validate({"subject": str(missing.subject), "category": "brand_new", "text": "x"})


def test_a_number_is_masked_everywhere_but_on_the_wire() -> None:
    person = sent.Person.model_validate({"identifiers": [{"kind": "cpr", "value": "610190-1234"}]})
    masked = repr(person) + str(person) + person.model_dump_json() + repr(person.model_dump())
    assert "610190" not in masked
    assert "610190-1234" in person.model_dump_json(context={sent.REVEAL: True})
