"""people and their words."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.consent.paper.notices import notices
from shared.migrations import append_only, grants

revision = "0002"
down_revision = "0001"

# What comes with a later version is kept by a later migration.
_NOTICES = ("samtykke-barn-da-1", "samtykke-barn-en-1", "samtykke-da-1", "samtykke-en-1")
_TEXTS = postgresql.ARRAY(sa.Text())


def _recorded() -> list[sa.Column[object]]:
    return [
        sa.Column("by_unit", sa.Text(), nullable=True),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
    ]


def upgrade() -> None:
    """Go forward; there is no way back but a new migration."""
    _people()
    _words()
    _other_grounds()
    _following()
    _rights()


def _people() -> None:
    op.add_column("person", sa.Column("identity", sa.Uuid(), nullable=True))
    op.add_column("person", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("person", sa.Column("facts", postgresql.JSONB(), nullable=True))
    op.add_column("person", sa.Column("others", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False))
    op.add_column("person", sa.Column("overridden", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("person", sa.Column("turns_capable", sa.Date(), nullable=True))
    op.execute(
        "UPDATE person SET identity = id, facts = jsonb_build_object('born', birth_date::text), "
        # Who was born on 29 February turns fifteen on 1 March: that year is no leap year.
        "turns_capable = birth_date + interval '15 years' "
        "+ CASE to_char(birth_date, 'MMDD') WHEN '0229' THEN interval '1 day' ELSE interval '0' END"
    )
    op.alter_column("person", "identity", nullable=False)
    op.alter_column("person", "facts", nullable=False)
    op.drop_column("person", "birth_date")
    op.create_foreign_key(None, "person", "person", ["identity"], ["id"])
    op.create_index("ix_person_identity", "person", ["identity"])
    op.create_index("person_turns_capable", "person", ["turns_capable"])
    op.create_index("person_others", "person", ["others"], postgresql_using="gin")
    op.create_table(
        "person_fact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("holds_from", sa.Date(), nullable=False),
        sa.Column("said", postgresql.JSONB(), nullable=False),
        *_recorded(),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_person_fact_person", "person_fact", ["person"])
    op.create_table(
        "identifier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        *_recorded(),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("lookup"),
    )
    op.create_index("ix_identifier_person", "identifier", ["person"])
    op.create_table(
        "acquaintance",
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("unit", "person"),
    )
    op.execute("INSERT INTO acquaintance SELECT registered_by, id, registered_at FROM person")
    op.execute(
        "INSERT INTO acquaintance SELECT unit, subject, min(recorded_at) FROM consent, "
        "unnest(CASE effect WHEN 'permit' THEN sender || recipients ELSE ARRAY[sender] END) AS unit "
        "GROUP BY unit, subject ON CONFLICT DO NOTHING"
    )


def _words() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    columns = ("id", "version", "language", "title", "text", "digest")
    kept = sa.table("notice", *(sa.column(name) for name in columns))
    op.bulk_insert(kept, [{name: getattr(each, name) for name in columns} for each in notices() if each.id in _NOTICES])
    op.add_column("consent", sa.Column("capacity", sa.Text(), server_default="self", nullable=False))
    op.alter_column("consent", "capacity", server_default=None)
    for name in ("collected", "address"):
        op.add_column("consent", sa.Column(name, sa.Boolean(), server_default="false", nullable=False))
    op.add_column("consent", sa.Column("alone_because", sa.Text(), nullable=True))
    op.add_column("consent", sa.Column("supersedes", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False))
    op.create_index("consent_given_by", "consent", ["given_by"])
    op.create_index("consent_valid_until", "consent", ["valid_until"], postgresql_where=sa.text("effect = 'permit'"))
    op.drop_constraint("consent_event_pkey", "consent_event")
    op.add_column(
        "consent_event", sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)
    )
    op.alter_column("consent_event", "id", server_default=None)
    op.create_primary_key("consent_event_pkey", "consent_event", ["id"])
    op.add_column("consent_event", sa.Column("recipients", _TEXTS, nullable=True))
    op.add_column("consent_event", sa.Column("categories", _TEXTS, nullable=True))
    op.add_column("consent_event", sa.Column("cause", sa.Text(), nullable=True))
    op.drop_constraint("consent_event_kind", "consent_event")
    op.create_check_constraint(
        "consent_event_kind", "consent_event", "kind IN ('withdrawn', 'superseded', 'expired', 'invalidated')"
    )
    op.create_check_constraint(
        "consent_event_parts", "consent_event", "kind = 'withdrawn' OR (recipients IS NULL AND categories IS NULL)"
    )
    op.create_index("consent_event_consent", "consent_event", ["consent_id"])
    op.create_index(
        "consent_event_once",
        "consent_event",
        ["consent_id", "kind"],
        unique=True,
        postgresql_where=sa.text("recipients IS NULL AND categories IS NULL"),
    )


def _other_grounds() -> None:
    op.create_table(
        "legal_override",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipients", _TEXTS, nullable=False),
        sa.Column("categories", _TEXTS, nullable=False),
        sa.Column("need", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("consent_tried", sa.Text(), nullable=True),
        sa.Column("informed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_informed_because", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        *_recorded(),
        sa.CheckConstraint("valid_until > valid_from", name="legal_override_period"),
        sa.ForeignKeyConstraint(["subject"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("legal_override_subject", "legal_override", ["subject", "need"])
    op.create_table(
        "override_event",
        sa.Column("override_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_recorded(),
        sa.CheckConstraint("kind IN ('revoked', 'informed')", name="override_event_kind"),
        sa.ForeignKeyConstraint(["override_id"], ["legal_override.id"]),
        sa.PrimaryKeyConstraint("override_id", "kind"),
    )


def _following() -> None:
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.Column("override_id", sa.Uuid(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["subject"], ["person.id"]),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"]),
        sa.ForeignKeyConstraint(["override_id"], ["legal_override.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "kind",
            "unit",
            "subject",
            "consent_id",
            "override_id",
            "about",
            name="follow_up_once",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("follow_up_open", "follow_up", ["unit", "id"], postgresql_where=sa.text("done_at IS NULL"))
    op.create_index("follow_up_consent", "follow_up", ["consent_id"])
    op.create_table(
        "task_ending",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("need", sa.Uuid(), nullable=False),
        sa.Column("referral", sa.Uuid(), nullable=False),
        sa.Column("task", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subjects", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("task_ending_need", "task_ending", ["need"])
    op.create_table(
        "decision_about",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("referral", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "entry_id"),
    )
    op.create_index("decision_about_referral", "decision_about", ["referral", "entry_id"])
    op.execute(
        "INSERT INTO decision_about "
        "SELECT DISTINCT (question->>'subject')::uuid, id, (entry->>'referral')::uuid FROM ledger_entry, "
        "json_array_elements(entry->'questions') AS question WHERE entry->>'kind' = 'decision'"
    )


def _rights() -> None:
    for statement in [
        *append_only(
            "person_fact",
            "identifier",
            "notice",
            "legal_override",
            "override_event",
            "task_ending",
            "decision_about",
        ),
        *grants(
            "consent_app",
            person="UPDATE (identity, version, facts, others, overridden, turns_capable, login)",
            person_fact="SELECT, INSERT",
            identifier="SELECT, INSERT",
            acquaintance="SELECT, INSERT",
            notice="SELECT",
            legal_override="SELECT, INSERT",
            override_event="SELECT, INSERT",
            follow_up="SELECT, INSERT, UPDATE (done_at, done_by)",
            task_ending="SELECT, INSERT",
            decision_about="SELECT, INSERT",
        ),
    ]:
        op.execute(statement)
