"""The network this bot serves: its names and addresses, from ``DATA_DIR/network.toml``."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

from pydantic import ConfigDict, Field

from handlers.kit.messages import Frozen


class MemberCounts(Frozen):
    """Published numbers of members, quoted until the list of organisations is complete."""

    # The first day of the month that they were counted in.
    as_of: date
    provisional: bool
    full: int
    associate: int
    # How many of the associates are town and parish councils.
    town_and_parish: int = Field(default=0)
    affiliate: int
    supporter: int


class Network(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    short_name: str
    website: str
    general_mail: str
    communications_mail: str
    join_url: str
    founded: int
    member_counts: MemberCounts


def read(data_dir: Path) -> Network:
    """Raises ``ValueError`` where the file says something that cannot be."""
    with (data_dir / "network.toml").open("rb") as file:
        return Network.model_validate(tomllib.load(file))
