"""Settings: everything that is configured outside the product, read from the environment and ``.env``."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from handlers.faq_engine import Aims
from handlers.faq_engine.model_files import ADDRESS
from handlers.kit.context import QuestionPeriods
from handlers.kit.errors import BotError
from store.sealing import Vault

ROOT = Path(__file__).parent.parent


class SettingsError(BotError):
    """A setting that cannot work, named in one sentence for the operator."""


class Settings(BaseSettings):
    """Every name stands in ``.env.example``, with what it is for."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65_535)
    base_url: str = ""
    # It may hold a password, so it is not shown where the settings are.
    database_url: str = Field(default="sqlite:///var/bot.db", repr=False)
    secret_key: SecretStr = SecretStr("")
    encryption_keys: SecretStr = SecretStr("")
    data_dir: Path = ROOT / "data"
    admin_emails: str = ""
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    faq_wrong_one_in: int = Field(default=50, ge=5, le=1000)
    faq_offered_in_ten: int = Field(default=9, ge=1, le=10)
    faq_unasked_wrong_one_in: int = Field(default=200, ge=5, le=10_000)
    faq_person_days: int = Field(default=90, ge=1, le=3650)
    faq_text_days: int = Field(default=730, ge=1, le=3650)
    faq_answered_within_days: int = Field(default=5, ge=1, le=60)
    faq_model_dir: Path | None = None
    faq_model_url: str = ADDRESS

    slack_bot_token: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_api_url: str = "https://slack.com/api/"
    # The workspace-wide ceiling of the bot's own posts; 0 is no ceiling.
    slack_messages_per_minute: int = Field(default=200, ge=0)

    @field_validator("faq_model_url")
    @classmethod
    def _is_a_folder_on_the_web(cls, value: str) -> str:
        return _web_address(value)

    @field_validator("encryption_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr) -> SecretStr:
        try:
            Vault(_listed(value.get_secret_value()))
        except ValueError:
            raise ValueError("each of them is 32 bytes in URL-safe base64; part them by commas") from None
        return value

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        return _web_address(value) if value else ""

    @field_validator("slack_api_url")
    @classmethod
    def _ends_in_a_slash(cls, value: str) -> str:
        return _web_address(value) + "/"

    @field_validator("admin_emails")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        for address in _listed(value):
            try:
                validate_email(address, check_deliverability=False, test_environment=True)
            except EmailNotValidError:
                raise ValueError(f"“{address}” is no mail address; part them by commas") from None
        return value

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.slack_configured and not (self.slack_app_token or self.slack_signing_secret):
            raise ValueError(
                "SLACK_BOT_TOKEN needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) beside it"
            )
        if (self.slack_app_token or self.slack_signing_secret) and not self.slack_configured:
            raise ValueError("SLACK_APP_TOKEN and SLACK_SIGNING_SECRET need SLACK_BOT_TOKEN beside them")
        if not self.demo and len(self.secret_key.get_secret_value()) < 32:
            raise ValueError(
                "SECRET_KEY needs at least 32 characters outside demo mode "
                "(demo mode is on only when no platform is configured and HOST and BASE_URL are loopback)"
            )
        return self

    @property
    def slack_configured(self) -> bool:
        return bool(self.slack_bot_token.get_secret_value())

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is listened to over a socket; else over HTTP."""
        return self.slack_configured and bool(self.slack_app_token.get_secret_value())

    @property
    def address(self) -> str:
        """Where people find the bot's pages; links begin with it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.base_url or f"http://{host}:{self.port}"

    @property
    def demo(self) -> bool:
        """Whether people may sign in as demo persons: there is no setting for it on purpose."""
        return (
            not self.slack_configured
            and is_loopback(self.host)
            and is_loopback(urlsplit(self.address).hostname or "")
        )

    @property
    def faq_aims(self) -> Aims:
        """What the answers' thresholds are set for."""
        return Aims(self.faq_wrong_one_in, self.faq_offered_in_ten, self.faq_unasked_wrong_one_in)

    @property
    def question_periods(self) -> QuestionPeriods:
        """How long questions are kept, and how soon people answer."""
        return QuestionPeriods(
            timedelta(days=self.faq_person_days),
            timedelta(days=self.faq_text_days),
            self.faq_answered_within_days,
        )

    @property
    def encryption_key_list(self) -> list[str]:
        """The newest key first."""
        return _listed(self.encryption_keys.get_secret_value())

    @cached_property
    def owner_emails(self) -> frozenset[str]:
        """``ADMIN_EMAILS`` in lower case: the owners."""
        return frozenset(address.lower() for address in _listed(self.admin_emails))


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read() -> Settings:
    """:raises SettingsError: naming the setting and what is wrong with it."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name}: {reason}" if name else reason) from None
    except OSError as error:
        raise SettingsError(f".env: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(".env: it must be text in UTF-8") from None


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _web_address(value: str) -> str:
    """An address without its closing slash."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must begin with http:// or https:// and name a host")
    return value.rstrip("/")
