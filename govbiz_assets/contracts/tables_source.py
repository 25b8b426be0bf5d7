"""Tables that hold what was delivered: raw records and the quality accounts over them."""

from __future__ import annotations

from govbiz_assets.contracts.channel import CHANNELS, Channel
from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.columns_source import PROVENANCE
from govbiz_assets.contracts.quality_rules.defect import ACTIONS
from govbiz_assets.contracts.table import Rule, TableContract, table

_REQUIRED_PROVENANCE = frozenset({"month", "source", "source_file", "row_no", "file_sha256", "loaded_at"})


def raw_table(channel: Channel) -> TableContract:
    """Contract of the raw table of a channel: every field as received, text as text, then the provenance.

    Fields are declared as text; the IO manager keeps the types of formats that have them by widening the
    declaration for the profile (`sources.contracts`).
    """
    fields = tuple(
        Column(field.name, "VARCHAR", field.column.meaning, "", field.column.sensitivity) for field in channel.fields
    )
    return TableContract(
        layer="raw",
        name=channel.name,
        meaning=f"{channel.meaning} Every record as received.",
        grain="one delivered record",
        columns=(*fields, *PROVENANCE),
        required=_REQUIRED_PROVENANCE,
        key=(),
        database="vault",
    )


RAW_TABLES: dict[str, TableContract] = {channel.name: raw_table(channel) for channel in CHANNELS}

FILE_MANIFEST = table(
    "quality.file_manifest",
    "Every delivered file with its hash, encoding, mapping and record count.",
    grain="month, channel and file",
    columns="month channel source source_file file_sha256? byte_count loaded_at? encoding? delimiter? record_count "
    "has_many_months is_regular mapping_json? unmapped_headers? file_status rule? reason?",
    key="month channel source_file",
    rules=(Rule("file_status", values=("accepted", "refused", "ignored")), Rule("record_count", low=0)),
)
QUARANTINE = table(
    "quality.quarantine",
    "Records that were refused, each with the rule it broke and the record itself.",
    grain="refused record",
    columns="month channel source_file row_no rule field? reason record_json",
    database="vault",
)
SET_ASIDE = table(
    "quality.set_aside",
    "Records that were valid but not kept, because the same, a later one, or one of the same organisation was.",
    grain="record not kept",
    columns="month channel source_file row_no disposition kept_source_file kept_row_no",
    rules=(Rule("disposition", values=("duplicate", "superseded", "merged")),),
)
ROW_ACCOUNT = table(
    "quality.row_account",
    "received = kept + duplicate + superseded + quarantined, counted from what is stored.",
    grain="month, channel and file",
    columns="month channel source_file received_count kept_count duplicate_count superseded_count quarantined_count",
    key="month channel source_file",
)
CHECK_RESULT = table(
    "quality.check_result",
    "Every check's value for every month.",
    grain="month, table and check",
    columns="month table_name check_name value? threshold? passed is_warning?",
    key="month table_name check_name",
)
RULE_COUNT = table(
    "quality.rule_count_monthly",
    "What each quality rule looked at and found, month by month.",
    grain="month, channel and kind of defect",
    columns="month channel rule_id defect action checked_count found_count",
    key="month channel rule_id defect",
    rules=(Rule("action", values=ACTIONS), Rule("checked_count", low=0), Rule("found_count", low=0)),
)
FLAG = table(
    "quality.flag_monthly",
    "What the quality rules point out: kept as delivered, to be looked at by a person.",
    grain="month, channel, kind of defect, subject and its day",
    columns="month rule_id defect channel subject_id subject_date account_id? customer_id? other_id? value? expected? "
    "impact_kwh? impact_cny? reason",
    key="month rule_id defect channel subject_id subject_date",
)
QUALITY_TABLES = (FILE_MANIFEST, QUARANTINE, SET_ASIDE, ROW_ACCOUNT, CHECK_RESULT, RULE_COUNT, FLAG)
