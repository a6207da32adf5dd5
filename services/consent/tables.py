"""The consent service's tables: columns only."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.consent.section11e_tables import add as add_section11e
from shared import schema

metadata = sa.MetaData()
schema.ledger_tables(metadata)
schema.outbox_table(metadata)
schema.idempotency_table(metadata)


def _recorded() -> list[sa.Column[object]]:
    """Return who recorded something, when, and the ledger entry that says so."""
    return [
        sa.Column("by_unit", sa.Text),
        sa.Column("by_user", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid, nullable=False),
    ]


# `identity`: records of one person share it. `version` grows with everything a decision about the person rests on;
# `facts` is what holds now (its history is in person_fact), `others` the persons it names, `overridden` says that
# there may be another legal ground to look for.
person = sa.Table(
    "person",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("identity", sa.Uuid, sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("facts", pg.JSONB, nullable=False),
    sa.Column("others", pg.ARRAY(sa.Uuid), nullable=False, server_default="{}"),
    sa.Column("overridden", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("turns_capable", sa.Date),
    sa.Column("login", sa.Text, unique=True),
    sa.Column("registered_by", sa.Text, nullable=False),
    sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("person_turns_capable", "turns_capable"),
    sa.Index("person_others", "others", postgresql_using="gin"),
)

person_fact = sa.Table(
    "person_fact",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("person", sa.Uuid, sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("holds_from", sa.Date, nullable=False),
    sa.Column("said", pg.JSONB, nullable=False),
    *_recorded(),
)

identifier = sa.Table(
    "identifier",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("person", sa.Uuid, sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("lookup", sa.LargeBinary, nullable=False, unique=True),
    *_recorded(),
)

acquaintance = sa.Table(
    "acquaintance",
    metadata,
    sa.Column("unit", sa.Text, primary_key=True),
    sa.Column("person", sa.Uuid, sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
)

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
)

consent = sa.Table(
    "consent",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("effect", sa.Text, nullable=False),
    sa.Column("subject", sa.Uuid, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("given_by", sa.Uuid, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("capacity", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("recipients", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("categories", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("need", sa.Uuid, nullable=False),
    sa.Column("mutual", sa.Boolean, nullable=False),
    sa.Column("collected", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("address", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("valid_until", sa.DateTime(timezone=True)),
    sa.Column("told_of_withdrawal", sa.Boolean, nullable=False),
    sa.Column("notice", sa.Text, nullable=False),
    sa.Column("oral_note", sa.Text),
    sa.Column("not_written_because", sa.Text),
    sa.Column("alone_because", sa.Text),
    sa.Column("supersedes", pg.ARRAY(sa.Uuid), nullable=False, server_default="{}"),
    sa.Column("basis", pg.JSONB, nullable=False),
    sa.Column("recorded_by_unit", sa.Text, nullable=False),
    sa.Column("recorded_by_user", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("effect IN ('permit', 'forbid')", name="consent_effect"),
    sa.CheckConstraint("(effect = 'forbid') = (valid_until IS NULL)", name="consent_ends"),
    sa.CheckConstraint("valid_until > given_at", name="consent_period"),
    sa.CheckConstraint("cardinality(recipients) > 0 AND cardinality(categories) > 0", name="consent_specific"),
    sa.Index("consent_need_subject", "need", "subject"),
    sa.Index("consent_subject", "subject"),
    sa.Index("consent_given_by", "given_by"),
    sa.Index("consent_valid_until", "valid_until", postgresql_where=sa.text("effect = 'permit'")),
)

consent_event = sa.Table(
    "consent_event",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("consent_id", sa.Uuid, sa.ForeignKey("consent.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("recipients", pg.ARRAY(sa.Text)),
    sa.Column("categories", pg.ARRAY(sa.Text)),
    sa.Column("cause", sa.Text),
    sa.Column("by_unit", sa.Text),
    sa.Column("by_user", sa.Text, nullable=False),
    sa.Column("ledger_id", sa.Uuid, nullable=False),
    sa.CheckConstraint(
        "kind IN ('withdrawn', 'superseded', 'expired', 'invalidated')", name="consent_event_kind"
    ),
    sa.CheckConstraint(
        "kind = 'withdrawn' OR (recipients IS NULL AND categories IS NULL)", name="consent_event_parts"
    ),
    sa.Index("consent_event_consent", "consent_id"),
    sa.Index(
        "consent_event_once", "consent_id", "kind", unique=True,
        postgresql_where=sa.text("recipients IS NULL AND categories IS NULL"),
    ),
)  # fmt: skip

legal_override = sa.Table(
    "legal_override",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("subject", sa.Uuid, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("recipients", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("categories", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("need", sa.Uuid, nullable=False),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("consent_tried", sa.Text),
    sa.Column("informed_at", sa.DateTime(timezone=True)),
    sa.Column("not_informed_because", sa.Text),
    sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
    sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
    *_recorded(),
    sa.CheckConstraint("valid_until > valid_from", name="legal_override_period"),
    sa.Index("legal_override_subject", "subject", "need"),
)

override_event = sa.Table(
    "override_event",
    metadata,
    sa.Column("override_id", sa.Uuid, sa.ForeignKey("legal_override.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    *_recorded(),
    sa.CheckConstraint("kind IN ('revoked', 'informed')", name="override_event_kind"),
)

# What a unit should do about its consents: ask anew, tell the person, know of a merger. `about` tells two apart.
follow_up = sa.Table(
    "follow_up",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Uuid, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("consent_id", sa.Uuid, sa.ForeignKey("consent.id")),
    sa.Column("override_id", sa.Uuid, sa.ForeignKey("legal_override.id")),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("due", sa.Date, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("done_at", sa.DateTime(timezone=True)),
    sa.Column("done_by", sa.Text),
    sa.UniqueConstraint(
        "kind", "unit", "subject", "consent_id", "override_id", "about", name="follow_up_once",
        postgresql_nulls_not_distinct=True,
    ),
    sa.Index("follow_up_open", "unit", "id", postgresql_where=sa.text("done_at IS NULL")),
    sa.Index("follow_up_consent", "consent_id"),
)  # fmt: skip

# What stopped in the referral service when consent ended: ids only.
task_ending = sa.Table(
    "task_ending",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("need", sa.Uuid, nullable=False),
    sa.Column("referral", sa.Uuid, nullable=False),
    sa.Column("task", sa.Uuid, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("subjects", pg.ARRAY(sa.Uuid), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("task_ending_need", "need"),
)

# Which decisions on the ledger are about whom, so that a family and an auditor find theirs.
decision_about = sa.Table(
    "decision_about",
    metadata,
    sa.Column("subject", sa.Uuid, primary_key=True),
    sa.Column("entry_id", sa.Uuid, primary_key=True),
    sa.Column("referral", sa.Uuid, nullable=False),
    sa.Index("decision_about_referral", "referral", "entry_id"),
)

add_section11e(metadata)
