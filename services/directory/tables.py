"""The directory service's tables: columns only.

`said` is a record as it was told, with the keys of the data files; `shown` is what the API answers of it.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from shared import schema

metadata = sa.MetaData()
schema.ledger_tables(metadata)
schema.outbox_table(metadata)
schema.idempotency_table(metadata)
# Names sort by code point: the key is made so that this is the Danish order (domain/danish.py).
_SORTED = sa.Text(collation="C")

region = sa.Table(
    "region",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
    sa.Column("successor", sa.Text, sa.ForeignKey("region.code", deferrable=True, initially="DEFERRED")),
    sa.Column("sort_name", _SORTED, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.CheckConstraint("valid_to > valid_from", name="region_period"),
)

municipality = sa.Table(
    "municipality",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
    sa.Column("region", sa.Text, sa.ForeignKey("region.code"), nullable=False),
    sa.Column("latitude", sa.Float),
    sa.Column("longitude", sa.Float),
    sa.Column("sort_name", _SORTED, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.CheckConstraint("valid_to > valid_from", name="municipality_period"),
)

postcode = sa.Table(
    "postcode",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("municipality", sa.Text, sa.ForeignKey("municipality.code"), nullable=False),
    sa.Column("latitude", sa.Float, nullable=False),
    sa.Column("longitude", sa.Float, nullable=False),
)

legal_basis = sa.Table(
    "legal_basis",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("said", pg.JSON, nullable=False),
)

organisation = sa.Table(
    "organisation",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("sort_name", _SORTED, nullable=False),
    sa.Column("said", pg.JSON, nullable=False),
)

# `closed_because`: why its own organisation closed it; the data files do not open it again.
unit = sa.Table(
    "unit",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organisation", sa.Text, sa.ForeignKey("organisation.id"), nullable=False),
    sa.Column("sort_name", _SORTED, nullable=False),
    sa.Column("said", pg.JSON, nullable=False),
    sa.Column("closed_because", sa.Text),
)

# Every version there ever was of an offer: who said what, when, why, and from which day it holds.
offer_version = sa.Table(
    "offer_version",
    metadata,
    sa.Column("offer", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("holds_from", sa.Date, nullable=False),
    sa.Column("said", pg.JSON, nullable=False),
    sa.Column("by_unit", sa.Text),
    sa.Column("by_user", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("ledger_id", sa.Uuid, nullable=False, unique=True),
    sa.CheckConstraint(
        "kind IN ('created', 'changed', 'confirmed', 'imported', 'handed_over', 'ended')", name="offer_version_kind"
    ),
)

# The newest of each offer; its row is what two editors meet at.
offer = sa.Table(
    "offer",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("unit", sa.Text, sa.ForeignKey("unit.id"), nullable=False),
    sa.Column("organisation", sa.Text, sa.ForeignKey("organisation.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("confirmed_on", sa.Date),
    sa.Column("confirmed_by", sa.Text),
    sa.Column("editorial", sa.Boolean, nullable=False),
    sa.Column("change", sa.BigInteger, nullable=False),
    sa.Index("offer_change", "change"),
    sa.Index("offer_unit", "unit"),
    sa.Index("offer_organisation", "organisation"),
)

# What is shown from which day to which, as known now: a change that holds from a later day stands here already.
showing = sa.Table(
    "showing",
    metadata,
    sa.Column("offer", sa.Text, sa.ForeignKey("offer.id"), primary_key=True),
    sa.Column("from_day", sa.Date, primary_key=True),
    sa.Column("to_day", sa.Date, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("sort_name", _SORTED, nullable=False),
    sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("example", sa.Boolean, nullable=False),
    sa.Column("terms", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("said", pg.JSON, nullable=False),
    sa.Column("shown", pg.JSON, nullable=False),
    sa.CheckConstraint("to_day > from_day", name="showing_period"),
    sa.Index("showing_organisation", "organisation"),
    sa.Index("showing_unit", "unit"),
    sa.Index("showing_sort_name", "sort_name", "offer"),
    sa.Index("showing_modified_at", "modified_at"),
    sa.Index("showing_terms", "terms", postgresql_using="gin"),
)

# One row: how many changes of offers, and of all else, there have been. Whoever writes holds it to the commit, so
# that changes are numbered in the order they become visible.
pulse = sa.Table(
    "pulse",
    metadata,
    sa.Column("one", sa.Boolean, primary_key=True),
    sa.Column("change", sa.BigInteger, nullable=False),
    sa.Column("base", sa.BigInteger, nullable=False),
    sa.CheckConstraint("one", name="pulse_one"),
)

# What an owner has been told: an offer nobody has confirmed for too long, or one whose unit has closed.
reminder = sa.Table(
    "reminder",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("offer", sa.Text, sa.ForeignKey("offer.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("unit", sa.Text),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("since", sa.Date, nullable=False),
    sa.UniqueConstraint("offer", "kind", "since", "at", name="reminder_once"),
    sa.CheckConstraint("kind IN ('unconfirmed', 'unit_closed', 'funding_ends')", name="reminder_kind"),
    sa.Index("reminder_unit", "unit"),
    sa.Index("reminder_organisation", "organisation"),
)

# A municipality's word that what it lists of one kind of offer ("all": of every kind) is complete.
coverage = sa.Table(
    "coverage",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("municipality", sa.Text, sa.ForeignKey("municipality.code"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("complete", sa.Boolean, nullable=False),
    sa.Column("declared_on", sa.Date, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("coverage_municipality", "municipality", "kind", "at"),
)

# A file that was sent in: its bytes until it is carried out, then only its digest and the report.
import_job = sa.Table(
    "import_job",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("whole_organisation", sa.Boolean, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("request_id", sa.Uuid, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("profile", sa.Text, nullable=False),
    sa.Column("encoding", sa.Text),
    sa.Column("dry_run", sa.Boolean, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary),
    sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
    sa.Column("done_at", sa.DateTime(timezone=True)),
    sa.Column("report", pg.JSON),
    sa.CheckConstraint("format IN ('csv', 'xlsx', 'json', 'ndjson')", name="import_job_format"),
    sa.CheckConstraint("profile IN ('own', 'hsds')", name="import_job_profile"),
    sa.CheckConstraint("state IN ('waiting', 'done', 'refused')", name="import_job_state"),
    sa.CheckConstraint("(state = 'waiting') = (done_at IS NULL)", name="import_job_ended"),
    sa.CheckConstraint("(state = 'waiting') = (body IS NOT NULL)", name="import_job_body"),
    sa.CheckConstraint("(state = 'waiting') = (report IS NULL)", name="import_job_report"),
    sa.Index("import_job_unit", "unit", "at"),
)

# How far an import is; a row of its own, as the job's is locked while its versions are written.
import_progress = sa.Table(
    "import_progress",
    metadata,
    sa.Column("job", sa.Uuid, sa.ForeignKey("import_job.id"), primary_key=True),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("rows_read", sa.Integer, nullable=False),
    sa.Column("rows_total", sa.Integer),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("phase IN ('reading', 'checking', 'comparing', 'writing')", name="import_progress_phase"),
)
