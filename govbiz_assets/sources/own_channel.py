"""Channels that a profile declares for itself: as its YAML says them, and as the contracts know channels.

What the names and units must keep to is checked in `own_channel_rules`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from govbiz_assets.contracts import own_channel as contract
from govbiz_assets.contracts.channel import Channel, FieldKind
from govbiz_assets.contracts.channel import Field as ChannelField
from govbiz_assets.contracts.column import Column
from govbiz_assets.sources.model import STRICT, Texts


def _none_to_empty(value: Any) -> Any:
    return {} if value is None else value


def _to_sentence(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip():
        return value
    text = " ".join(value.split())
    return text if text.endswith((".", "。", "!", "?")) else f"{text}."


Sentence = Annotated[str, BeforeValidator(_to_sentence)]
Bound = Annotated[float, Field(allow_inf_nan=False)]


class OwnField(BaseModel):
    """A field of an own channel.

    Attributes:
        kind: How delivered text is read; may be left out for a column of the data dictionary.
        headers: Header spellings of the export; the field's own name is one too.
        meaning: One sentence for the data dictionary.
        unit: Unit of a number.
        required: A record without it is quarantined; always so for the key and the month field.
        range: Smallest and largest accepted number.
        sensitive: It can name someone, and never leaves the vault.
    """

    model_config = STRICT

    kind: FieldKind | None = None
    headers: Texts = ()
    meaning: Sentence | None = None
    unit: str | None = None
    required: bool | None = None
    range: tuple[Bound, Bound] | None = None
    sensitive: bool = False


class OwnChannel(BaseModel):
    """A channel that no contract names.

    Attributes:
        meaning: One sentence for the data dictionary.
        key: Fields that identify a record within its month; a later record replaces an earlier one.
        month_field: Field that says which month a record belongs to; None for snapshots of a month.
        fields: The fields by name.
    """

    model_config = STRICT

    meaning: Sentence
    key: Annotated[Texts, Field(min_length=1)]
    month_field: str | None = None
    fields: Annotated[dict[str, Annotated[OwnField, BeforeValidator(_none_to_empty)]], Field(min_length=1)]

    def channel(self, name: str) -> Channel:
        """The channel of the contracts; the declaration must be sound."""
        fields = tuple(self._field(field, declared) for field, declared in self.fields.items())
        return Channel(name, self.meaning, fields, self.key, self.month_field)

    def is_required(self, name: str) -> bool:
        """True where a record without the field is quarantined."""
        return bool(self.fields[name].required) or name in self.key or name == self.month_field

    def column(self, name: str) -> Column:
        """Dtype, unit and meaning of a field: those of the dictionary where it has the name."""
        declared = self.fields[name]
        known = contract.DELIVERABLE.get(name)
        if known is None:
            kind, unit = declared.kind or "text", declared.unit or ""
            known = Column(name, contract.field_dtype(kind, unit), declared.meaning or "", unit)
        return contract.withheld(known) if declared.sensitive else known

    def spellings(self, name: str) -> tuple[str, ...]:
        """Headers that are taken for the field."""
        return (*(self.fields[name].headers or contract.known_headers(name)), name)

    def _field(self, name: str, declared: OwnField) -> ChannelField:
        low, high = declared.range or (None, None)
        return ChannelField(
            name,
            declared.kind or contract.known_kind(name),
            tuple(dict.fromkeys(self.spellings(name))),
            self.is_required(name),
            low,
            high,
            own_column=self.column(name),
            is_withheld=declared.sensitive,
        )
