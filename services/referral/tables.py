"""The referral service's tables: columns only."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.referral.domain.lifecycle import ENDED
from services.referral.domain.reminding import Due
from services.referral.store.reminders import RUNNING
from shared import schema

metadata = sa.MetaData()
schema.ledger_tables(metadata)
schema.outbox_table(metadata)
schema.idempotency_table(metadata)

referral = sa.Table(
    "referral",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("need", sa.Uuid, nullable=False, index=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("sender_user", sa.Text, nullable=False),
    sa.Column("seen_by_family_at", sa.DateTime(timezone=True)),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("kind", sa.Text, nullable=False, server_default="referral"),
    sa.Column("priority", sa.Text, nullable=False, server_default="routine"),
    sa.Column("topic", sa.Text),
    sa.Column("continues", sa.Uuid),
    sa.Column("first_accepts", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("discussed_with_parents_at", sa.DateTime(timezone=True)),
    sa.Index("referral_sender", "sender", "id"),
)

duty_answer = sa.Table(
    "duty_answer",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("referral_id", sa.Uuid, sa.ForeignKey("referral.id"), nullable=False),
    sa.Column("serious_concern", sa.Boolean, nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("reported_at", sa.DateTime(timezone=True)),
    sa.Column("reason", sa.Text),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("by_user", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("duty_answer_newest", "referral_id", "at", "id"),
)

referral_closing = sa.Table(
    "referral_closing",
    metadata,
    sa.Column("referral_id", sa.Uuid, sa.ForeignKey("referral.id"), primary_key=True),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("by_user", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

task = sa.Table(
    "task",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("referral_id", sa.Uuid, sa.ForeignKey("referral.id"), nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("missing", pg.JSONB, nullable=False),
    sa.Column("answered", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("ahead_offer", sa.Text),
    sa.Column("ahead_unit", sa.Text),
    sa.Column("origin_task", sa.Uuid, sa.ForeignKey("task.id", name="task_origin")),
    sa.Column("origin_relation", sa.Text),
    sa.Column("origin_reason", sa.Text),
    sa.Column("answer_by", sa.DateTime(timezone=True)),
    sa.Column("offer_by", sa.DateTime(timezone=True)),
    sa.Column("stands_since", sa.DateTime(timezone=True)),
    sa.Column("owner", sa.Text),
    sa.Column("run", sa.Uuid),
    sa.Column("decision_ref", sa.Text),
    sa.Column("answered_at", sa.DateTime(timezone=True)),
    sa.Column("ended_by", sa.Text),
    sa.Column("draft_only", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(
        "task_once_open",
        "referral_id",
        "recipient",
        unique=True,
        postgresql_where=sa.column("state").not_in(sorted(ENDED)),
    ),
    sa.CheckConstraint(
        "(state IN ('declined', 'family_declined', 'dropped_out', 'completed')) = (reason IS NOT NULL)"
        " OR (state = 'withdrawn' AND reason = 'taken_elsewhere')",
        name="task_reason",
    ),
    sa.Index("task_recipient", "recipient", "id"),
    sa.Index("task_referral", "referral_id"),
    sa.Index("task_awaiting", "id", postgresql_where=sa.column("state") == "awaiting_consent"),
    sa.Index("task_run", "run", postgresql_where=sa.column("run").is_not(None)),
    sa.Index("task_waiting", "recipient", postgresql_where=sa.column("state") == "waiting"),
    sa.Index("task_answer_due", "answer_by", "id", postgresql_where=sa.text(RUNNING[Due.ANSWER])),
    sa.Index("task_offer_due", "offer_by", "id", postgresql_where=sa.text(RUNNING[Due.OFFER])),
    sa.ForeignKeyConstraint(["run"], ["run.id"], name="task_run_there"),
)

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("task_id", sa.Uuid, sa.ForeignKey("task.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("author_user", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("to_party", sa.Text),
    sa.Column("answers", sa.Uuid),
    sa.Column("words", sa.Text),
    sa.Index("message_thread", "task_id", "id"),
    sa.Index("message_answers", "answers", postgresql_where=sa.column("answers").is_not(None)),
)

piece = sa.Table(
    "piece",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("referral_id", sa.Uuid, sa.ForeignKey("referral.id"), nullable=False),
    sa.Column("message_id", sa.Uuid, sa.ForeignKey("message.id")),
    sa.Column("subject", sa.Uuid, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("offer", sa.Text),
    sa.Column("label", sa.Text),
    sa.Column("level", pg.JSONB),
    sa.Column("attachment", sa.Uuid),
    sa.Column("corrects", sa.Uuid),
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("corrects", name="piece_corrected_once"),
    sa.Index("piece_subject", "subject", "referral_id"),
    sa.Index("piece_told", "referral_id", "message_id"),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("xid", schema.Xid8(), nullable=False, server_default=sa.text("pg_current_xact_id()")),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("referral_id", sa.Uuid, sa.ForeignKey("referral.id"), nullable=False),
    sa.Column("task_id", sa.Uuid, sa.ForeignKey("task.id"), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("event_feed", "unit", "xid", "id"),
)

heard = sa.Table(
    "heard",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)

coordinator = sa.Table(
    "coordinator",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("need", sa.Uuid, nullable=False, index=True),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("by_unit", sa.Text, nullable=False),
    sa.Column("by_user", sa.Text, nullable=False),
)

run = sa.Table(
    "run",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("offer", sa.Text, nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("places", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("closed_at", sa.DateTime(timezone=True)),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Index("run_unit", "unit", "id"),
)

waiting = sa.Table(
    "waiting",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("task_id", sa.Uuid, sa.ForeignKey("task.id"), nullable=False),
    sa.Column("offer", sa.Text, nullable=False),
    sa.Column("run", sa.Uuid, sa.ForeignKey("run.id")),
    sa.Column("recommendation", sa.Text, nullable=False),
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("by_user", sa.Text, nullable=False),
    sa.Index("waiting_task", "task_id", "at", "id"),
)

invitation = sa.Table(
    "invitation",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("run_id", sa.Uuid, sa.ForeignKey("run.id"), nullable=False, index=True),
    sa.Column("tasks", pg.ARRAY(sa.Uuid), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("by_user", sa.Text, nullable=False),
)

reminder = sa.Table(
    "reminder",
    metadata,
    sa.Column("task_id", sa.Uuid, sa.ForeignKey("task.id"), primary_key=True),
    sa.Column("due", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

webhook = sa.Table(
    "webhook",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("unit", sa.Text, nullable=False, index=True),
    sa.Column("url", sa.LargeBinary, nullable=False),
    sa.Column("kinds", pg.ARRAY(sa.Text)),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("secret_before", sa.LargeBinary),
    sa.Column("before_until", sa.DateTime(timezone=True)),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("xid", schema.Xid8(), nullable=False),
    sa.Column("last", sa.Uuid, nullable=False),
    sa.Column("at_once", sa.Integer, nullable=False, server_default="1"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failing_since", sa.DateTime(timezone=True)),
    sa.Column("rests_until", sa.DateTime(timezone=True)),
    sa.Column("off_since", sa.DateTime(timezone=True)),
    sa.Column("off_why", sa.Text),
    sa.Column("test_asked_at", sa.DateTime(timezone=True)),
    sa.Column("tested_at", sa.DateTime(timezone=True)),
    sa.Column("test_status", sa.Integer),
    sa.Column("test_failure", sa.Text),
)

webhook_delivery = sa.Table(
    "webhook_delivery",
    metadata,
    sa.Column("webhook_id", sa.Uuid, sa.ForeignKey("webhook.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("event_id", sa.Uuid, sa.ForeignKey("event.id"), primary_key=True),
    sa.Column("xid", schema.Xid8(), nullable=False),
    sa.Column("referral_id", sa.Uuid, nullable=False),
    sa.Column("status", sa.Text, nullable=False, server_default="pending"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("tried_at", sa.DateTime(timezone=True)),
    sa.Column("last_status", sa.Integer),
    sa.Column("failure", sa.Text),
    sa.Index("webhook_delivery_due", "webhook_id", "due_at", postgresql_where=sa.text("status = 'pending'")),
    sa.Index(
        "webhook_delivery_turn", "webhook_id", "referral_id", "xid", "event_id",
        postgresql_where=sa.text("status = 'pending'"),
    ),
    sa.Index("webhook_delivery_place", "webhook_id", "xid", "event_id"),
    sa.Index("webhook_delivery_done", "tried_at", postgresql_where=sa.text("status = 'delivered'")),
)  # fmt: skip

attachment = sa.Table(
    "attachment",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("referral_id", sa.Uuid, sa.ForeignKey("referral.id"), nullable=False, index=True),
    sa.Column("task_id", sa.Uuid, sa.ForeignKey("task.id")),
    sa.Column("subject", sa.Uuid, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("author_user", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("why", sa.Text),
    sa.Column("scanned", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'refused') = (why IS NOT NULL)", name="attachment_why"),
)

attachment_content = sa.Table(
    "attachment_content",
    metadata,
    sa.Column("attachment_id", sa.Uuid, sa.ForeignKey("attachment.id"), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
)

meeting = sa.Table(
    "meeting",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("task_id", sa.Uuid, sa.ForeignKey("task.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("times", pg.ARRAY(sa.DateTime(timezone=True)), nullable=False),
    sa.Column("units", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("family_invited", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("by_user", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("confirmed_for", sa.DateTime(timezone=True)),
    sa.Column("held_on", sa.Date),
    sa.Column("family_present", sa.Boolean),
    sa.Column("absence", sa.Text),
    sa.Column("attended", pg.JSONB),
    sa.Column("message_id", sa.Uuid, sa.ForeignKey("message.id")),
    sa.Column("recorded_by", sa.Text),
    sa.Column("recorded_at", sa.DateTime(timezone=True)),
    sa.Index("meeting_task", "task_id", "id"),
)

meeting_answer = sa.Table(
    "meeting_answer",
    metadata,
    sa.Column("meeting_id", sa.Uuid, sa.ForeignKey("meeting.id"), primary_key=True),
    sa.Column("unit", sa.Text, primary_key=True),
    sa.Column("comes", sa.Boolean, nullable=False),
    sa.Column("time", sa.DateTime(timezone=True)),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("by_user", sa.Text, nullable=False),
)

next_step = sa.Table(
    "next_step",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("referral_id", sa.Uuid, sa.ForeignKey("referral.id"), nullable=False),
    sa.Column("task_id", sa.Uuid, sa.ForeignKey("task.id"), nullable=False),
    sa.Column("message_id", sa.Uuid, sa.ForeignKey("message.id"), nullable=False),
    sa.Column("piece_id", sa.Uuid, sa.ForeignKey("piece.id")),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("readers", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("due", sa.Date, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("done_at", sa.DateTime(timezone=True)),
    sa.Column("done_by", sa.Text),
    sa.Index("next_step_referral", "referral_id", "id"),
)

handover = sa.Table(
    "handover",
    metadata,
    sa.Column("task_id", sa.Uuid, sa.ForeignKey("task.id"), primary_key=True),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("by_sender", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("by_recipient", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("meeting_on", sa.Date),
    sa.Column("sender_present", sa.Boolean),
    sa.Column("recipient_present", sa.Boolean),
    sa.Column("family_present", sa.Boolean),
    sa.Column("absence", sa.Text),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("written_by", sa.Text, nullable=False),
    sa.Column("by_user", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("taken_over_at", sa.DateTime(timezone=True)),
)

screening = sa.Table(
    "screening",
    metadata,
    sa.Column("task_id", sa.Uuid, sa.ForeignKey("task.id"), primary_key=True),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("paragraph", sa.Text, nullable=False),
    sa.Column("screened_on", sa.Date, nullable=False),
    sa.Column("by_user", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

forum = sa.Table(
    "forum",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("municipality", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("meets_on", sa.Date, nullable=False),
    sa.Column("units", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("by_user", sa.Text, nullable=False),
    sa.Index("forum_units", "units", postgresql_using="gin"),
)

forum_item = sa.Table(
    "forum_item",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("forum_id", sa.Uuid, sa.ForeignKey("forum.id"), nullable=False),
    sa.Column("referral_id", sa.Uuid, sa.ForeignKey("referral.id"), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("by_user", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("decision", sa.Text),
    sa.Column("family_present", sa.Boolean),
    sa.Column("absence", sa.Text),
    sa.Column("hears", sa.Text),
    sa.Column("decided_at", sa.DateTime(timezone=True)),
    sa.Column("decided_by", sa.Text),
    sa.Column("message_id", sa.Uuid, sa.ForeignKey("message.id")),
    sa.UniqueConstraint("forum_id", "referral_id", name="forum_item_once"),
)
