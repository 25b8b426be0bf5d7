"""The contracts of one source landscape: the standard ones, with the columns and the channels that its profile adds."""

from __future__ import annotations

from dataclasses import replace

from govbiz_assets.contracts.catalog import TABLE_BY_NAME
from govbiz_assets.contracts.channel import Channel
from govbiz_assets.contracts.own_channel import cleaned_table
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_model import CUSTOMER_FEATURES
from govbiz_assets.contracts.tables_source import raw_table
from govbiz_assets.sources.profile_model import ChannelSource, Profile


def profile_contracts(profile: Profile) -> dict[str, TableContract]:
    """Returns every contract by `layer.table`: own channels, attributes and the types of typed formats included."""
    contracts = dict(TABLE_BY_NAME)
    features = contracts[CUSTOMER_FEATURES.full_name]
    for name, source in profile.channels.items():
        channel = profile.known_channels[name]
        raw, clean = raw_table(channel), cleaned_table(channel)
        contracts[raw.full_name] = _typed_raw(raw, channel, source)
        typed = source.attribute_columns(is_raw=False)
        contracts[clean.full_name] = clean.with_columns(*typed)
        features = features.with_columns(*typed)
    contracts[CUSTOMER_FEATURES.full_name] = features
    return contracts


def _typed_raw(raw: TableContract, channel: Channel, source: ChannelSource) -> TableContract:
    """Raw columns are text; Parquet and databases keep numbers as numbers, so that none is printed and parsed again."""
    if not source.has_types:
        return raw.with_columns(*source.attribute_columns(is_raw=True))
    numbers = {field.name for field in channel.fields if field.kind == "number"}
    fields = tuple(replace(c, dtype="DOUBLE") if c.name in numbers else c for c in raw.columns)
    attributes = [
        replace(column, dtype="DOUBLE" if source.attributes[column.name].dtype == "number" else "VARCHAR")
        for column in source.attribute_columns(is_raw=True)
    ]
    return replace(raw, columns=fields).with_columns(*attributes)
