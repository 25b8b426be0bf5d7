"""What a linkage can be told: roles of columns, rules, blocks, thresholds. Frozen, typed, without any data."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["exact", "prefix", "edits", "text", "spelling"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Comparison(_Frozen):
    """How two records are compared in one respect; the first level that holds counts.

    Several columns are several readings of the same thing (a credit code, and the organisation code within it): the
    best of them counts, and only where none stands on both sides is nothing known.
    """

    name: str = Field(description="what is compared, as the evidence calls it")
    columns: tuple[str, ...] = Field(min_length=1, description="readings of it")
    kind: Kind = Field(
        description="exact; prefix: the first n characters; edits: at most n characters typed wrong; text: one "
        "character wrong, one the beginning of the other, or enough pairs of neighbouring characters in common, which "
        "suits scripts without blanks; "
        "spelling: Jaro-Winkler, which suits Western names"
    )
    bounds: tuple[float, ...] = Field(
        default=(), description="bounds of the levels between equal and different, strictest first: characters for "
        "prefix, count for edits, Jaccard ratio for text, Jaro-Winkler ratio for spelling"
    )  # fmt: skip
    agreement: tuple[float, ...] = Field(
        description="share of matching pairs in each level, from equal to different, used where there is too little "
        "data to learn it (ratio)"
    )
    coincidence: tuple[float, ...] = Field(
        description="share of other pairs in each level, used where there is too little data to learn it (ratio)"
    )
    is_frequency_adjusted: bool = Field(default=False, description="agreement on a rare value says more")

    @property
    def level_labels(self) -> tuple[str, ...]:
        """Levels from equal to different, as the evidence calls them."""
        between = [f"{_LABELS[self.kind]} {bound:g}" for bound in self.bounds]
        return ("equal", *(["one edit", "beginning"] if self.kind == "text" else []), *between, "different")

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        count = len(self.level_labels)
        if not count == len(self.agreement) == len(self.coincidence):
            raise ValueError(f"{self.name}: agreement and coincidence need {count} values: {self.level_labels}")
        if self.is_frequency_adjusted and len(self.columns) > 1:
            raise ValueError(f"{self.name}: frequencies belong to one column")
        return self


_LABELS: dict[Kind, str] = {
    "exact": "exact",
    "prefix": "first characters",
    "edits": "edits up to",
    "text": "bigrams from",
    "spelling": "Jaro-Winkler from",
}


class Rule(_Frozen):
    """A deterministic link: all of `equal`, and one of `support` where any is named."""

    name: str = Field(description="as the evidence calls it")
    equal: tuple[str, ...] = Field(min_length=1, description="columns that must be equal and not null")
    support: tuple[str, ...] = Field(default=(), description="columns of which one must be equal as well ...")
    alike: tuple[str, ...] = Field(default=(), description="... or texts of which one must be alike")
    max_records: int | None = Field(default=None, description="records that may share the values; more share by chance")
    overrules: bool = Field(default=False, description="holds against a difference in `doubtful` columns")
    alike_ratio: float = Field(default=0.3, description="Jaccard ratio of bigrams from which texts are alike")


class Block(_Frozen):
    """Records that agree on all columns are compared with each other."""

    columns: tuple[str, ...] = Field(min_length=1)
    is_training: bool = Field(default=False, description="its pairs also train the model")


class LinkageParams(_Frozen):
    """Everything that decides a linkage, apart from the records, the model and human decisions."""

    comparisons: tuple[Comparison, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()
    blocks: tuple[Block, ...] = Field(min_length=1)
    apart: tuple[str, ...] = Field(default=(), description="records that differ here are never one (null is a value)")
    strata: tuple[str, ...] = Field(
        default=(), description="records that differ here are linked as if each stratum stood alone, in one pass"
    )
    exclusive: tuple[str, ...] = Field(default=(), description="one cluster holds one value of it (null is none)")
    doubtful: tuple[str, ...] = Field(
        default=(), description="records that differ here need a rule that overrules, or a person"
    )
    required: dict[str, int] = Field(
        default_factory=dict, description="lowest level a comparison must reach before the model links (0 is equal)"
    )
    link_probability: float = Field(default=0.9, description="from here on a pair is linked (ratio)")
    review_probability: float = Field(default=0.2, description="from here on a person is asked (ratio)")
    rule_recall: float = Field(default=0.5, gt=0, le=1, description="share of matches the rules are thought to find")
    max_block_records: int = Field(default=200, description="larger blocks say nothing and are left out (count)")
    training_pairs: int = Field(default=500_000, description="random pairs that chance is learnt from (count)")
    em_pairs: int = Field(default=1_000_000, description="candidate pairs the model is learnt from, per block (count)")
    min_training_links: int = Field(default=200, description="fewer deterministic links teach nothing (count)")
    seed: int = Field(default=20240101, description="decides which records the model is learnt from")

    @model_validator(mode="after")
    def _thresholds_are_ordered(self) -> Self:
        if not 0 < self.review_probability <= self.link_probability < 1:
            raise ValueError("thresholds must be 0 < review_probability <= link_probability < 1")
        return self

    @property
    def used_columns(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        groups = [
            *(comparison.columns for comparison in self.comparisons),
            *((*rule.equal, *rule.support, *rule.alike) for rule in self.rules),
            *(block.columns for block in self.blocks),
            self.apart,
            self.strata,
            self.exclusive,
            self.doubtful,
        ]
        return tuple(dict.fromkeys(name for group in groups for name in group))

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns whose bigrams are compared."""
        compared = (comparison.columns for comparison in self.comparisons if comparison.kind == "text")
        groups = [*compared, *(rule.alike for rule in self.rules)]
        return tuple(dict.fromkeys(name for group in groups for name in group))

    @property
    def frequency_columns(self) -> tuple[str, ...]:
        """Columns whose rare values say more."""
        adjusted = (comparison.columns[0] for comparison in self.comparisons if comparison.is_frequency_adjusted)
        return tuple(dict.fromkeys(adjusted))

    @property
    def compared_columns(self) -> tuple[str, ...]:
        """Columns that a comparison reads."""
        return tuple(dict.fromkeys(name for comparison in self.comparisons for name in comparison.columns))
