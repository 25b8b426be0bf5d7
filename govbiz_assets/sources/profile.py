"""Reads a profile from YAML. Every scalar is text until the model gives it a type.

YAML's own guesses would turn a division code 011 into 9, a column named `no` into false and 2024-01-05 into a date.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from govbiz_assets.sources.errors import SourceError
from govbiz_assets.sources.profile_model import Attribute, ChannelSource, Label, Months, Profile, Unpivot

__all__ = ["Attribute", "ChannelSource", "Label", "Months", "Profile", "Unpivot", "load_profile"]

_NULL_TAG = "tag:yaml.org,2002:null"
_URL_WITH_ACCOUNT = re.compile(r"//[^/\s]*@|\bpassword\s*=")


class _TextLoader(yaml.SafeLoader):
    """Safe loader that knows text and null only, and refuses a key that stands twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the attribute's name and shape are PyYAML's
        first: [pair for pair in pairs if pair[0] == _NULL_TAG]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Builds a mapping whose keys are unique."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                line = key_node.start_mark.line + 1
                raise yaml.YAMLError(f"line {line}: key {key!r} stands twice")
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _yaml_fault(error: yaml.YAMLError) -> str:
    """Says what is wrong and in which line, without the line itself: a secret may stand there against the rules."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return str(error).partition("\n")[0]


def load_profile(name_or_path: str, profiles_folder: Path) -> Profile:
    """Reads and checks a profile.

    Args:
        name_or_path: Name of a shipped profile, or the path of a YAML file.
        profiles_folder: Folder of the shipped profiles.

    Raises:
        SourceError: The file is missing, is no YAML, or breaks a rule; the message names file, key and remedy.
    """
    is_path = name_or_path.endswith((".yaml", ".yml")) or "/" in name_or_path
    path = Path(name_or_path).expanduser() if is_path else Path(profiles_folder) / f"{name_or_path}.yaml"
    where = str(path)
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_TextLoader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        known = ", ".join(sorted(file.stem for file in Path(profiles_folder).glob("*.yaml"))) or "none"
        remedy = f"use a profile of {profiles_folder} ({known}) or the path of a YAML file"
        raise SourceError("no such profile", where=where, remedy=remedy) from None
    except UnicodeDecodeError as error:
        raise SourceError("is not UTF-8", where=where, remedy="save the profile as UTF-8") from error
    except OSError as error:
        raise SourceError(f"cannot be read ({error.strerror})", where=where, remedy="check the path") from error
    except yaml.YAMLError as error:
        raise SourceError(f"is no valid YAML: {_yaml_fault(error)}", where=where, remedy="correct that line") from None
    if secret := _secret_key(document):
        remedy = (
            "put it into an environment variable GOVBIZ_DB_... and write the variable's name under database.url_env"
        )
        raise SourceError(f"{secret}: holds a connection URL, which a profile must not", where=where, remedy=remedy)
    if not isinstance(document, dict):
        raise SourceError("holds no mapping", where=where, remedy="begin with name, months and channels")
    try:
        return Profile.model_validate(document)
    except ValidationError as error:
        raise SourceError(_first_fault(error), where=where) from error


def _secret_key(document: Any, key: str = "") -> str | None:
    """Key of the first text that is a URL with an account; looked for first, for other faults quote what they find."""
    if isinstance(document, dict):
        inner = [(f"{key}.{name}".lstrip("."), value) for name, value in document.items()]
    elif isinstance(document, list):
        inner = [(key, value) for value in document]
    else:
        return key if isinstance(document, str) and _URL_WITH_ACCOUNT.search(document) else None
    return next((found for name, value in inner if (found := _secret_key(value, name))), None)


def _first_fault(error: ValidationError) -> str:
    """The first fault of a validation as `key: what; remedy`, and how many more there are."""
    faults = error.errors(include_url=False, include_context=False)
    fault = faults[0]
    key = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        message = "unknown key; correct its spelling or drop it"
    elif fault["type"] == "missing":
        message = "is missing; add the key"
    elif fault["type"] != "value_error":
        message = f"{message[:1].lower()}{message[1:]}; it is {str(fault['input'])[:80]!r}"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{key}: {message}{more}" if key else f"{message}{more}"
