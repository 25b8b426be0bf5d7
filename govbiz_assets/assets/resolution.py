"""Resolving the customer numbers of some months: a pure function of the records and decisions up to each month.

Months are resolved together, as strata of one linkage, as long as their records stay few: twenty-four months of a
thousand customers then cost one pass instead of twenty-four.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import ibis
import polars as pl

from govbiz_assets.contracts.month import month_name
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_identity import LINK, MEMBERSHIP, MODEL, REVIEW
from govbiz_assets.linkage.decisions import Decision, decisions_in_force
from govbiz_assets.linkage.model import LinkageModel, untrained
from govbiz_assets.linkage.organisations import ORGANISATIONS
from govbiz_assets.linkage.resolve import resolved
from govbiz_assets.transforms.identity.history import known_versions, same_number
from govbiz_assets.transforms.identity.membership import lone_memberships, memberships, number_links, number_reviews
from govbiz_assets.transforms.pseudonym import pseudonym
from govbiz_assets.transforms.stack import stack
from govbiz_assets.warehouse.session import Session

RECORDS_AT_ONCE = 200_000
MONTHLY_ORGANISATIONS = ORGANISATIONS.model_copy(update={"strata": ("month",)})
_MODEL_SCHEMA = {"month": pl.Date, "fitted_month": pl.Date, "trained_on": pl.Int64, "model_json": pl.String}
_DECISION_SCHEMA = {"month": pl.Date, "left": pl.String, "right": pl.String, "is_same": pl.Boolean}


@dataclass
class Found:
    """What came out, in temporary tables of the session.

    Attributes:
        parts: Tables by contract, batch by batch.
        models: Rows of `identity.model_monthly`.
        crowds: Keys too common to compare by, with the number of their values.
    """

    parts: dict[str, list[ibis.Table]] = field(default_factory=dict)
    models: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_MODEL_SCHEMA))
    crowds: dict[str, int] = field(default_factory=dict)

    def table(self, session: Session, contract: TableContract) -> ibis.Table:
        """Returns all rows of a table."""
        parts = self.parts.get(contract.full_name)
        return stack(parts) if parts else session.stored(contract).limit(0)


def resolve_months(
    session: Session,
    records: ibis.Table,
    decisions: pl.DataFrame,
    months: Sequence[date],
    refit_months: Sequence[date] = (),
) -> Found:
    """Resolves the customer numbers that are known by the end of each month.

    Args:
        session: The open warehouse.
        records: `identity.source_record`, every month up to the last of these.
        decisions: `cleaned.identity_decision`, likewise.
        months: Months to resolve, ascending.
        refit_months: Months whose records the model is learnt from anew; besides, it is learnt on the first month.

    Raises:
        DecisionError: Decisions contradict each other.
    """
    said = [Decision(*row) for row in _told(decisions).iter_rows()]
    stored = sorted(session.backend.to_polars(records.select("month").distinct())["month"].to_list())
    found = Found()
    for fitted_month, span in _spans(months, stored, refit_months):
        model = None if fitted_month in span else _stored_model(session, fitted_month)
        model = model or _learnt_model(session, records, fitted_month)
        for batch in _batches(session, records, span):
            _resolve(session, records, said, batch, model, found)
        rows = [(month, fitted_month, model.trained_on, model.model_dump_json()) for month in span]
        found.models = found.models.extend(pl.DataFrame(rows, schema=_MODEL_SCHEMA, orient="row"))
    return found


def _told(decisions: pl.DataFrame) -> pl.DataFrame:
    where = pl.format("{} row {}", "source_file", "row_no")
    return decisions.select("month", "member_l_id", "member_r_id", "decision", where)


def _spans(
    months: Sequence[date], stored: Sequence[date], refit_months: Sequence[date]
) -> Iterator[tuple[date, list[date]]]:
    """Groups the months by the month that their model was learnt in; months before any record have none."""
    if not stored:
        return
    learnt = sorted({stored[0], *(month for month in refit_months if month > stored[0])})
    spans: dict[date, list[date]] = {}
    for month in months:
        if month >= stored[0]:
            spans.setdefault(max(start for start in learnt if start <= month), []).append(month)
    yield from spans.items()


def _stored_model(session: Session, fitted_month: date) -> LinkageModel | None:
    rows = session.stored(MODEL)
    rows = rows.filter(rows.month == fitted_month, rows.fitted_month == fitted_month).select("model_json")
    texts = session.backend.to_polars(rows)["model_json"].to_list()
    return LinkageModel.model_validate_json(texts[0]) if texts else None


def _learnt_model(session: Session, records: ibis.Table, month: date) -> LinkageModel:
    """Learns the model from the latest record of each number; earlier ones of the same number would teach nothing new.

    Where there are too few records to hold enough links, nothing is compared and the model is that of the parameters.
    """
    versions = known_versions(records, [month])
    with session.staged("identity_sample", versions.filter(versions.is_latest)) as sample:
        count = int(session.backend.to_polars(sample.aggregate(size=sample.count()))["size"][0])
        if count * (count - 1) // 2 < ORGANISATIONS.min_training_links:
            return untrained(ORGANISATIONS, count)
        with resolved(session.backend, sample, ORGANISATIONS) as linked:
            return linked.model


def _batches(session: Session, records: ibis.Table, months: Sequence[date]) -> list[list[date]]:
    """Cuts the months so that a batch holds about RECORDS_AT_ONCE records."""
    known = records.filter(records.month <= months[-1]).select("customer_no", "record_digest").distinct()
    size = int(session.backend.to_polars(known.aggregate(size=known.count()))["size"][0])
    step = max(1, RECORDS_AT_ONCE // max(size, 1))
    return [list(months[at : at + step]) for at in range(0, len(months), step)]


def _resolve(
    session: Session,
    records: ibis.Table,
    said: Sequence[Decision],
    months: Sequence[date],
    model: LinkageModel,
    found: Found,
) -> None:
    """Resolves some months together and adds what comes out."""
    name = f"identity_{month_name(months[0])}"
    with session.staged(f"{name}_versions", known_versions(records, months)) as versions:
        decisions = same_number(versions)
        if (human := _decided(versions, said, months)) is not None:
            decisions = stack([decisions, human])
        with (
            session.staged(f"{name}_decisions", decisions) as decided,
            resolved(session.backend, versions, MONTHLY_ORGANISATIONS, decisions=decided, model=model) as linked,
        ):
            if not linked.pair_count:
                alone = session.kept(f"{name}_members", lone_memberships(versions))
                found.parts.setdefault(MEMBERSHIP.full_name, []).append(alone)
                return
            links = session.kept(f"{name}_links", number_links(linked.links, versions))
            parts = {
                LINK.full_name: links,
                REVIEW.full_name: session.kept(f"{name}_review", number_reviews(linked.review, versions)),
                MEMBERSHIP.full_name: session.kept(f"{name}_members", memberships(linked.clusters, versions, links)),
            }
            for table, rows in parts.items():
                found.parts.setdefault(table, []).append(rows)
            for row in session.backend.to_polars(linked.crowds).iter_rows(named=True):
                key = row["key"].partition(": ")[2]
                found.crowds[key] = found.crowds.get(key, 0) + row["block_count"]


def _decided(versions: ibis.Table, said: Sequence[Decision], months: Sequence[date]) -> ibis.Table | None:
    """Returns what people decided, between all versions of the two numbers."""
    rows = [
        (month, left, right, is_same)
        for month in months
        for (left, right), is_same in decisions_in_force(said, month).items()
    ]
    if not rows:
        return None
    told = ibis.memtable(pl.DataFrame(rows, schema=_DECISION_SCHEMA, orient="row"))
    numbers = versions.select("month", "customer_no").distinct()
    numbers = numbers.mutate(member=pseudonym("c", numbers.customer_no))
    ends = versions.select("month", "customer_no", "record_id").join(numbers, ["month", "customer_no"])
    ends = ends.select("month", "member", "record_id")
    told = told.join(ends.rename(left="member", record_id_l="record_id"), ["month", "left"])
    told = told.join(ends.rename(right="member", record_id_r="record_id"), ["month", "right"])
    return told.select("record_id_l", "record_id_r", "is_same")
