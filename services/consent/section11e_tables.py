"""The consent service's tables for meetings under RSL § 11 e: columns only.

Matters about a child, and the meetings of each. What was brought to one stands in a table that is in no backup and is
emptied when the meeting ends (docs/adr/0018).
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

_MOMENT = sa.DateTime(timezone=True)
MEETING = "section11e_meeting.id"
ATTENDEE = "section11e_attendee.id"


def add(metadata: sa.MetaData) -> None:
    """Put the tables there."""
    for each in (_terms, _matter, _meeting, _attendee, _presence, _brought, _category, _refused, _escalation):
        each(metadata)


def _recorded() -> list[sa.Column[object]]:
    """Return who recorded something, when, and the ledger entry that says so."""
    return [
        sa.Column("by_unit", sa.Text),
        sa.Column("by_user", sa.Text, nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("ledger_id", sa.Uuid, nullable=False),
    ]


def _terms(metadata: sa.MetaData) -> None:
    """What a municipality has decided where the law leaves it open; the last row holds."""
    sa.Table(
        "section11e_terms",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("municipality", sa.Text, nullable=False),
        sa.Column("ppr", sa.Boolean, nullable=False),
        sa.Column("unborn", sa.Boolean, nullable=False),
        sa.Column("unborn_basis", sa.Text),
        *_recorded(),
        sa.CheckConstraint("NOT unborn OR unborn_basis IS NOT NULL", name="section11e_terms_basis"),
        sa.Index("section11e_terms_municipality", "municipality", "id"),
    )


def _matter(metadata: sa.MetaData) -> None:
    """`ordinal` counts the matters about a child; the first needs nobody's approval, so only one may be the first."""
    sa.Table(
        "section11e_matter",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("child", sa.Uuid, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("municipality", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("approved_by", sa.Text),
        sa.Column("approved_at", _MOMENT),
        *_recorded(),
        sa.UniqueConstraint("child", "ordinal", name="section11e_matter_ordinal"),
        sa.CheckConstraint("state IN ('awaiting_approval', 'declined', 'open')", name="section11e_matter_state"),
        sa.CheckConstraint("ordinal = 1 OR reason IS NOT NULL", name="section11e_matter_reason"),
        sa.CheckConstraint(
            "ordinal = 1 OR state <> 'open' OR (approved_by IS NOT NULL AND approved_by <> by_user)",
            name="section11e_matter_approved",
        ),
        sa.Index("section11e_matter_unit", "unit", "id"),
        sa.Index(
            "section11e_matter_waits",
            "municipality",
            "id",
            postgresql_where=sa.text("state = 'awaiting_approval'"),
        ),
    )


def _meeting(metadata: sa.MetaData) -> None:
    """One of a kind in a matter, for good once it was held (R6, R7): an index decides, not a look beforehand.

    Triggers (see the migration) keep what was held held, a follow-up after a held meeting, and any in an open matter.
    """
    sa.Table(
        "section11e_meeting",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("matter", sa.Uuid, sa.ForeignKey("section11e_matter.id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("municipality", sa.Text, nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("necessity", sa.Text, nullable=False),
        sa.Column("refusal", sa.Uuid, sa.ForeignKey("consent.id")),
        sa.Column("consent_impossible", sa.Text),
        sa.Column("consent_impossible_why", sa.Text),
        sa.Column("special_circumstances", sa.Text),
        sa.Column("leader", sa.Text, nullable=False),
        sa.Column("approved_by", sa.Text),
        sa.Column("approved_at", _MOMENT),
        sa.Column("opened_at", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.Column("outcome", sa.Text),
        sa.Column("informed_at", _MOMENT),
        sa.Column("not_informed_because", sa.Text),
        sa.Column("inform_by", _MOMENT),
        *_recorded(),
        *_meeting_checks(),
        *_meeting_indices(),
    )


def _meeting_checks() -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint("kind IN ('primary', 'follow_up')", name="section11e_meeting_kind"),
        sa.CheckConstraint(
            "state IN ('awaiting_approval', 'declined', 'scheduled', 'cancelled', 'open', 'held', 'not_held', "
            "'lapsed')",
            name="section11e_meeting_state",
        ),
        sa.CheckConstraint("ends_at > starts_at", name="section11e_meeting_period"),
        sa.CheckConstraint("(refusal IS NULL) <> (consent_impossible IS NULL)", name="section11e_meeting_tried"),
        sa.CheckConstraint(
            "kind = 'primary' OR btrim(coalesce(special_circumstances, '')) <> ''", name="section11e_meeting_special"
        ),
        sa.CheckConstraint("btrim(necessity) <> ''", name="section11e_meeting_necessity"),
        sa.CheckConstraint(
            "consent_impossible IS NULL OR btrim(coalesce(consent_impossible_why, '')) <> ''",
            name="section11e_meeting_impossible",
        ),
        sa.CheckConstraint("leader <> by_user", name="section11e_meeting_leader"),
        sa.CheckConstraint(
            "kind = 'primary' OR state NOT IN ('scheduled', 'open', 'held') "
            "OR (approved_by IS NOT NULL AND approved_by <> by_user)",
            name="section11e_meeting_approved",
        ),
    ]


def _meeting_indices() -> list[sa.Index]:
    return [
        sa.Index(
            "section11e_once",
            "matter",
            "kind",
            unique=True,
            postgresql_where=sa.text("state IN ('awaiting_approval', 'scheduled', 'open', 'held')"),
        ),
        sa.Index(
            "section11e_meeting_runs",
            "ends_at",
            postgresql_where=sa.text("state IN ('awaiting_approval', 'scheduled', 'open')"),
        ),
        sa.Index(
            "section11e_meeting_to_inform",
            "inform_by",
            postgresql_where=sa.text("state = 'held' AND informed_at IS NULL AND not_informed_because IS NULL"),
        ),
        sa.Index(
            "section11e_meeting_to_conclude",
            "ended_at",
            postgresql_where=sa.text("state = 'held' AND outcome IS NULL"),
        ),
        sa.Index("section11e_meeting_unit", "unit", "id"),
        sa.Index("section11e_meeting_municipality", "municipality", "starts_at"),
    ]


def _attendee(metadata: sa.MetaData) -> None:
    """Who may be in the room: person, profession, unit, employer, and whether they chose to share (R10)."""
    sa.Table(
        "section11e_attendee",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("meeting", sa.Uuid, sa.ForeignKey(MEETING), nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("profession", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("party_row", sa.Text, nullable=False),
        sa.Column("agreement", sa.Text),
        sa.Column("elsewhere_because", sa.Text),
        sa.Column("shares", sa.Boolean),
        sa.Column("chose_at", _MOMENT),
        *_recorded(),
        sa.UniqueConstraint("meeting", "user_id", name="section11e_attendee_once"),
        sa.Index("section11e_attendee_user", "user_id", "meeting"),
    )


def _presence(metadata: sa.MetaData) -> None:
    """Who was in the room from when to when; nobody is in two at the same time."""
    sa.Table(
        "section11e_presence",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("meeting", sa.Uuid, sa.ForeignKey(MEETING), nullable=False),
        sa.Column("attendee", sa.Uuid, sa.ForeignKey(ATTENDEE), nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("came_at", _MOMENT, nullable=False),
        sa.Column("left_at", _MOMENT),
        sa.Index("section11e_presence_once", "user_id", unique=True, postgresql_where=sa.text("left_at IS NULL")),
        sa.Index("section11e_presence_meeting", "meeting"),
    )


def _brought(metadata: sa.MetaData) -> None:
    """What was put forward, while the meeting lasts: sealed, in no backup, deleted at the end (R12, R13)."""
    sa.Table(
        "section11e_brought",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("meeting", sa.Uuid, sa.ForeignKey(MEETING), nullable=False),
        sa.Column("attendee", sa.Uuid, sa.ForeignKey(ATTENDEE), nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Index("section11e_brought_meeting", "meeting", "id"),
        prefixes=["UNLOGGED"],
    )


def _category(metadata: sa.MetaData) -> None:
    """What is kept of it: that somebody put forward that kind of information; not what it was (R13)."""
    sa.Table(
        "section11e_category",
        metadata,
        sa.Column("meeting", sa.Uuid, sa.ForeignKey(MEETING), primary_key=True),
        sa.Column("attendee", sa.Uuid, sa.ForeignKey(ATTENDEE), primary_key=True),
        sa.Column("category", sa.Text, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
    )


def _refused(metadata: sa.MetaData) -> None:
    """Attempts that were refused, for the auditor: codes and units, never words."""
    sa.Table(
        "section11e_refused",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("municipality", sa.Text),
        sa.Column("units", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("matter", sa.Uuid),
        sa.Column("meeting", sa.Uuid),
        sa.Column("ledger_id", sa.Uuid, nullable=False),
        sa.Index("section11e_refused_municipality", "municipality", "at"),
    )


def _escalation(metadata: sa.MetaData) -> None:
    """Who was told that something is overdue: once each."""
    sa.Table(
        "section11e_escalation",
        metadata,
        sa.Column("meeting", sa.Uuid, sa.ForeignKey(MEETING), primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("to_user", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('outcome', 'informing')", name="section11e_escalation_kind"),
        sa.Index("section11e_escalation_user", "to_user", "at"),
    )
