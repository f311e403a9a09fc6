"""Records, their time stamps, the head of the log and its signed checkpoints; what is written stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: In SQLite only a plain integer is the key of the rows themselves.
COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: Tables of which no row is ever changed or taken away.
APPEND_ONLY = ("records", "stamps", "checkpoints")


def upgrade() -> None:
    op.create_table(
        "records",
        sa.Column("seq", COUNT, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("written_at", sa.String(27), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "stamps",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("token", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", COUNT, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    head = op.create_table(
        "head",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("peaks", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.String(27), nullable=False),
    )
    config = op.get_context().config
    assert config is not None
    origin = config.attributes["origin"]
    op.bulk_insert(head, [{"id": 1, "origin": origin, "size": 0, "peaks": b"", "written_at": ""}])
    for table in APPEND_ONLY:
        _freeze(table)


def _freeze(table: str) -> None:
    """Let the database itself refuse to change or delete what is written."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_stay() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} are append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_stay()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_stay_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
        )
