"""Typed client of Familiebro for systems that refer, answer and listen. Begin with the README."""

from familiebro_client import concern, lists, sent, told
from familiebro_client.blocking import FamiliebroBlocking
from familiebro_client.calls import Acting, new_key
from familiebro_client.client import Familiebro
from familiebro_client.errors import (
    Conflict,
    ConnectionLost,
    Failed,
    FamiliebroError,
    KeyUsed,
    Malformed,
    NotAllowed,
    NotAuthenticated,
    NotReceived,
    NotThere,
    OutcomeUnknown,
    ProblemAnswer,
    Stale,
    TokenDenied,
    TooMany,
    Unavailable,
    UnexpectedAnswer,
    WrongState,
)
from familiebro_client.tokens import Bearer, ClientCredentials, TokenSource
from familiebro_client.told import TaskAt
from familiebro_client.trying import Patience
from familiebro_client.webhooks import Webhook, WebhookRefused, verify

__all__ = [
    "Acting",
    "Bearer",
    "ClientCredentials",
    "Conflict",
    "ConnectionLost",
    "Failed",
    "Familiebro",
    "FamiliebroBlocking",
    "FamiliebroError",
    "KeyUsed",
    "Malformed",
    "NotAllowed",
    "NotAuthenticated",
    "NotReceived",
    "NotThere",
    "OutcomeUnknown",
    "Patience",
    "ProblemAnswer",
    "Stale",
    "TaskAt",
    "TokenDenied",
    "TokenSource",
    "TooMany",
    "Unavailable",
    "UnexpectedAnswer",
    "Webhook",
    "WebhookRefused",
    "WrongState",
    "concern",
    "lists",
    "new_key",
    "sent",
    "told",
    "verify",
]
