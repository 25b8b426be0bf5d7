"""One channel over a table of a test: made, read as the pipeline reads it, and what came out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
from pydantic import SecretStr

from govbiz_assets.sources.database.scan import scan_months
from govbiz_assets.sources.database.session import DatabaseAccess
from govbiz_assets.sources.landing import LandingFile
from govbiz_assets.sources.profile import Profile
from govbiz_assets.sources.read import read_file
from govbiz_assets.sources.scan import FileScan
from govbiz_assets_tests.sources.database.server import VARIABLE, Server
from govbiz_assets_tests.sources.landscape import MONTH, make_profile

USAGE = '"户号" text, "日期" date, "电量" numeric(18, 3)'


@dataclass
class Trial:
    """A server, and the usage channel over `billing.usage` unless the test says otherwise."""

    server: Server
    work: Path
    channel: str = "usage"
    source: dict[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    statement_seconds: int = 60

    @property
    def profile(self) -> Profile:
        database = self.source.get("database") or {"table": "billing.usage", "month_column": "日期"}
        channel = self.source | {"database": {"url_env": VARIABLE} | database}
        return make_profile({self.channel: channel}, required=list(self.required))

    def make(self, columns: str = USAGE, *rows: str, table: str = "billing.usage") -> None:
        """Creates a table that the reader may read, with rows written as SQL."""
        values = [f"INSERT INTO {table} VALUES {', '.join(rows)}"] if rows else []
        self.server.admin(f"CREATE TABLE {table} ({columns})", f"GRANT SELECT ON {table} TO reader", *values)

    def access(self, url: str | None = None) -> DatabaseAccess:
        found = url or self.server.url()
        return DatabaseAccess(lambda name: SecretStr(found) if name == VARIABLE else None, 5, self.statement_seconds)

    def scan(self, url: str | None = None, limit: int | None = None) -> FileScan:
        (scan,) = scan_months(self.profile, self.channel, [MONTH], self.access(url), self.work, limit=limit)
        return scan

    def rows(self, scan: FileScan | None = None) -> list[dict[str, Any]]:
        scan = scan or self.scan()
        assert scan.is_accepted, scan
        file = LandingFile(self.work, scan.source_file, self.channel, scan.month)
        backend = ibis.duckdb.connect(threads=2)
        try:
            source = self.profile.channels[self.channel]
            table = read_file(backend, scan, file, source, self.profile, self.work)
            return table.order_by("row_no").to_pyarrow().to_pylist()
        finally:
            backend.disconnect()
