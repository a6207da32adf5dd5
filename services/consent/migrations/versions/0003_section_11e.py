"""meetings under RSL § 11 e."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import append_only, grants

revision = "0003"
down_revision = "0002"

# What was held stays held, or its place would be free again (R6, R7); what a leader said of a matter stands (R6).
_STAYS = """
CREATE FUNCTION section11e_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'this was decided', TABLE = TG_TABLE_NAME; END $$
"""
_HELD_STAYS = """
CREATE TRIGGER section11e_meeting_stays BEFORE UPDATE ON section11e_meeting FOR EACH ROW
WHEN (OLD.state = 'held' AND NEW.state <> 'held') EXECUTE FUNCTION section11e_stays()
"""
_MATTER_STAYS = """
CREATE TRIGGER section11e_matter_stays BEFORE UPDATE ON section11e_matter FOR EACH ROW
WHEN (OLD.state <> 'awaiting_approval' AND NEW.state <> OLD.state) EXECUTE FUNCTION section11e_stays()
"""
# A meeting is called in an open matter, a follow-up after one that was held: neither is ever undone.
_ADMIT = """
CREATE FUNCTION section11e_admit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NOT EXISTS (SELECT FROM section11e_matter m WHERE m.id = NEW.matter AND m.state = 'open')
        OR (NEW.kind = 'follow_up' AND NOT EXISTS (SELECT FROM section11e_meeting g
            WHERE g.matter = NEW.matter AND g.kind = 'primary' AND g.state = 'held'))
    THEN RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'no such meeting can be called here',
        TABLE = TG_TABLE_NAME; END IF;
    RETURN NEW;
END $$
"""
_CALLED = """
CREATE TRIGGER section11e_meeting_called BEFORE INSERT ON section11e_meeting FOR EACH ROW
EXECUTE FUNCTION section11e_admit()
"""
# The planner's statistics are tables like others, and in every backup: they would keep what was deleted (R13).
_NO_STATISTICS = "ALTER TABLE section11e_brought ALTER COLUMN sealed SET STATISTICS 0"


def upgrade() -> None:
    """Go forward; there is no way back but a new migration."""
    for make in (_terms, _matter, _meeting, _attendee, _presence, _brought, _category, _refused, _escalation):
        make()
    _rights()


def _terms() -> None:
    op.create_table(
        "section11e_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("ppr", sa.Boolean(), nullable=False),
        sa.Column("unborn", sa.Boolean(), nullable=False),
        sa.Column("unborn_basis", sa.Text(), nullable=True),
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("NOT unborn OR unborn_basis IS NOT NULL", name="section11e_terms_basis"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("section11e_terms_municipality", "section11e_terms", ["municipality", "id"], unique=False)


def _matter() -> None:
    op.create_table(
        "section11e_matter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "ordinal = 1 OR state <> 'open' OR (approved_by IS NOT NULL AND approved_by <> by_user)",
            name="section11e_matter_approved",
        ),
        sa.CheckConstraint("state IN ('awaiting_approval', 'declined', 'open')", name="section11e_matter_state"),
        sa.CheckConstraint("ordinal = 1 OR reason IS NOT NULL", name="section11e_matter_reason"),
        sa.ForeignKeyConstraint(
            ["child"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("child", "ordinal", name="section11e_matter_ordinal"),
    )
    op.create_index("section11e_matter_unit", "section11e_matter", ["unit", "id"], unique=False)
    op.create_index(
        "section11e_matter_waits",
        "section11e_matter",
        ["municipality", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'awaiting_approval'"),
    )


def _meeting() -> None:
    op.create_table(
        "section11e_meeting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("necessity", sa.Text(), nullable=False),
        sa.Column("refusal", sa.Uuid(), nullable=True),
        sa.Column("consent_impossible", sa.Text(), nullable=True),
        sa.Column("consent_impossible_why", sa.Text(), nullable=True),
        sa.Column("special_circumstances", sa.Text(), nullable=True),
        sa.Column("leader", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("informed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_informed_because", sa.Text(), nullable=True),
        sa.Column("inform_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
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
        sa.CheckConstraint("kind IN ('primary', 'follow_up')", name="section11e_meeting_kind"),
        sa.CheckConstraint(
            "state IN ('awaiting_approval', 'declined', 'scheduled', 'cancelled', 'open', 'held', 'not_held', "
            "'lapsed')",
            name="section11e_meeting_state",
        ),
        sa.CheckConstraint("(refusal IS NULL) <> (consent_impossible IS NULL)", name="section11e_meeting_tried"),
        sa.CheckConstraint("ends_at > starts_at", name="section11e_meeting_period"),
        sa.ForeignKeyConstraint(
            ["matter"],
            ["section11e_matter.id"],
        ),
        sa.ForeignKeyConstraint(
            ["refusal"],
            ["consent.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "section11e_meeting_municipality", "section11e_meeting", ["municipality", "starts_at"], unique=False
    )
    op.create_index(
        "section11e_meeting_runs",
        "section11e_meeting",
        ["ends_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('awaiting_approval', 'scheduled', 'open')"),
    )
    op.create_index(
        "section11e_meeting_to_conclude",
        "section11e_meeting",
        ["ended_at"],
        unique=False,
        postgresql_where=sa.text("state = 'held' AND outcome IS NULL"),
    )
    op.create_index(
        "section11e_meeting_to_inform",
        "section11e_meeting",
        ["inform_by"],
        unique=False,
        postgresql_where=sa.text("state = 'held' AND informed_at IS NULL AND not_informed_because IS NULL"),
    )
    op.create_index("section11e_meeting_unit", "section11e_meeting", ["unit", "id"], unique=False)
    op.create_index(
        "section11e_once",
        "section11e_meeting",
        ["matter", "kind"],
        unique=True,
        postgresql_where=sa.text("state IN ('awaiting_approval', 'scheduled', 'open', 'held')"),
    )


def _attendee() -> None:
    op.create_table(
        "section11e_attendee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("profession", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("party_row", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=True),
        sa.Column("elsewhere_because", sa.Text(), nullable=True),
        sa.Column("shares", sa.Boolean(), nullable=True),
        sa.Column("chose_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting"],
            ["section11e_meeting.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("meeting", "user_id", name="section11e_attendee_once"),
    )
    op.create_index("section11e_attendee_user", "section11e_attendee", ["user_id", "meeting"], unique=False)


def _presence() -> None:
    op.create_table(
        "section11e_presence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting", sa.Uuid(), nullable=False),
        sa.Column("attendee", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["attendee"],
            ["section11e_attendee.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meeting"],
            ["section11e_meeting.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("section11e_presence_meeting", "section11e_presence", ["meeting"], unique=False)
    op.create_index(
        "section11e_presence_once",
        "section11e_presence",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
    )


def _brought() -> None:
    op.create_table(
        "section11e_brought",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting", sa.Uuid(), nullable=False),
        sa.Column("attendee", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee"],
            ["section11e_attendee.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meeting"],
            ["section11e_meeting.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        prefixes=["UNLOGGED"],
    )
    op.create_index("section11e_brought_meeting", "section11e_brought", ["meeting", "id"], unique=False)


def _category() -> None:
    op.create_table(
        "section11e_category",
        sa.Column("meeting", sa.Uuid(), nullable=False),
        sa.Column("attendee", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee"],
            ["section11e_attendee.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meeting"],
            ["section11e_meeting.id"],
        ),
        sa.PrimaryKeyConstraint("meeting", "attendee", "category"),
    )


def _refused() -> None:
    op.create_table(
        "section11e_refused",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("units", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("matter", sa.Uuid(), nullable=True),
        sa.Column("meeting", sa.Uuid(), nullable=True),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("section11e_refused_municipality", "section11e_refused", ["municipality", "at"], unique=False)


def _escalation() -> None:
    op.create_table(
        "section11e_escalation",
        sa.Column("meeting", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("to_user", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('outcome', 'informing')", name="section11e_escalation_kind"),
        sa.ForeignKeyConstraint(
            ["meeting"],
            ["section11e_meeting.id"],
        ),
        sa.PrimaryKeyConstraint("meeting", "kind"),
    )
    op.create_index("section11e_escalation_user", "section11e_escalation", ["to_user", "at"], unique=False)


def _rights() -> None:
    """Let a meeting move on and be told of; what was brought may be deleted, and where it stood be overwritten."""
    for statement in [
        *(_STAYS, _HELD_STAYS, _MATTER_STAYS, _ADMIT, _CALLED, _NO_STATISTICS),
        *append_only("section11e_terms", "section11e_category", "section11e_refused", "section11e_escalation"),
        *grants(
            "consent_app",
            section11e_terms="SELECT, INSERT",
            section11e_matter="SELECT, INSERT, UPDATE (state, approved_by, approved_at)",
            section11e_meeting="SELECT, INSERT, UPDATE (state, approved_by, approved_at, opened_at, ended_at, outcome, "
            "informed_at, not_informed_because, inform_by)",
            section11e_attendee="SELECT, INSERT, UPDATE (shares, chose_at)",
            section11e_presence="SELECT, INSERT, UPDATE (left_at)",
            section11e_brought="SELECT, INSERT, DELETE, MAINTAIN",
            section11e_category="SELECT, INSERT",
            section11e_refused="SELECT, INSERT",
            section11e_escalation="SELECT, INSERT",
        ),
    ]:
        op.execute(statement)
