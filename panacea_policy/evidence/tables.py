"""The tables of a ledger, as queries see them; `migrations` makes them."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

RECORDS = sa.Table(
    "records",
    METADATA,
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("digest", sa.String(64)),
    sa.Column("written_at", sa.String(27)),
    sa.Column("note", sa.Text),
    sa.Column("envelope", sa.LargeBinary),
)
STAMPS = sa.Table(
    "stamps",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("token", sa.LargeBinary),
)
CHECKPOINTS = sa.Table(
    "checkpoints",
    METADATA,
    sa.Column("size", sa.BigInteger, primary_key=True),
    sa.Column("note", sa.Text),
)
HEAD = sa.Table(
    "head",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("origin", sa.Text),
    sa.Column("size", sa.BigInteger),
    sa.Column("peaks", sa.LargeBinary),
    sa.Column("written_at", sa.String(27)),
)
