"""Sealed words are read by nobody without the key, and keys change one after another."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot import checkup
from bot.checkup import Severity
from bot.keys import FILE_NAME, open_vault
from bot.settings import Settings, SettingsError
from handlers.kit import private_fields
from handlers.kit.forms import Form, Step, TextField
from store.database import Database
from store.sealing import PREFIX, NoKeyError, Vault, new_key

WORDS = "No nuts, please."
FORM = Form(
    name="f",
    title="F",
    submit="Send",
    steps=(
        Step(
            title="S",
            fields=(TextField(name="needs", label="N", private=True), TextField(name="n", label="N")),
        ),
    ),
)

Make = Callable[..., Settings]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def settings(**values: object) -> Settings:
        url = f"sqlite:///{tmp_path / 'var' / 'bot.db'}"
        return Settings(_env_file=None, **({"database_url": url} | values))  # type: ignore[arg-type]

    (tmp_path / "var").mkdir()
    return settings


def test_what_is_sealed_is_opened_with_the_key_alone() -> None:
    vault, other = Vault([new_key()]), Vault([new_key()])
    sealed = vault.seal(WORDS)
    assert WORDS not in sealed
    assert vault.open(sealed) == WORDS
    assert (other.open(sealed), Vault().open(sealed), vault.open("typed"), vault.open(PREFIX + "x")) == (
        None,
    ) * 4
    with pytest.raises(NoKeyError):
        Vault().seal(WORDS)


def test_keys_change_one_after_another() -> None:
    old, new = new_key(), new_key()
    sealed = Vault([old]).seal(WORDS)
    both = Vault([new, old])
    renewed = both.renewed(sealed)
    assert renewed is not None
    assert (Vault([new]).open(renewed), both.renewed(renewed)) == (WORDS, None)
    assert (Vault([new]).renewed(sealed), Vault().renewed(sealed)) == (None, None)


def test_a_key_file_is_made_once_for_the_bot_alone(make: Make, tmp_path: Path) -> None:
    database = Database(make().database_url)
    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _one: open_vault(make(), database), range(8)))
    sealed = vaults[0].seal(WORDS)
    assert {vault.open(sealed) for vault in vaults} == {WORDS}
    held = list((tmp_path / "var").iterdir())
    assert [(path.name, path.stat().st_mode & 0o777) for path in held] == [(FILE_NAME, 0o600)]


def test_the_setting_wins_over_the_file(make: Make, tmp_path: Path) -> None:
    key = new_key()
    vault = open_vault(make(encryption_keys=f" {key} ,"), Database(make().database_url))
    assert Vault([key]).open(vault.seal(WORDS)) == WORDS
    assert list((tmp_path / "var").iterdir()) == []


def test_postgresql_has_no_key_of_its_own(make: Make) -> None:
    url = "postgresql://bot@127.0.0.1:1/bot"
    assert not open_vault(make(database_url=url), Database(url)).ready


@pytest.mark.parametrize("held", ["rubbish", "é"])
def test_a_file_that_holds_no_key_is_named(make: Make, tmp_path: Path, held: str) -> None:
    (tmp_path / "var" / FILE_NAME).write_text(held, encoding="utf-8")
    with pytest.raises(SettingsError, match="holds no key"):
        open_vault(make(), Database(make().database_url))


async def test_the_check_up_says_who_can_read_the_key(make: Make, tmp_path: Path) -> None:
    for mode, severity in ((0o600, Severity.OK), (0o644, Severity.WARNING)):
        found = [one for one in await checkup.look_over(make()) if one.sentence.startswith("Encryption")]
        (tmp_path / "var" / FILE_NAME).chmod(mode)
        found = [one for one in await checkup.look_over(make()) if one.sentence.startswith("Encryption")]
        assert [one.severity for one in found] == [severity]


def test_private_fields_are_sealed_and_others_are_not() -> None:
    vault = Vault([new_key()])
    stored = private_fields.sealed(FORM, {"needs": WORDS, "n": "Ann"}, {}, vault)
    assert (stored["n"], str(stored["needs"]).startswith(PREFIX)) == ("Ann", True)
    assert private_fields.opened(FORM, stored, vault) == {"needs": WORDS, "n": "Ann"}
    assert private_fields.sealed(FORM, {"needs": WORDS}, stored, vault) == {"needs": stored["needs"]}
    assert private_fields.sealed(FORM, {"needs": ""}, stored, vault) == {"needs": ""}
    assert private_fields.opened(FORM, stored, Vault([new_key()]))["needs"] == ""
