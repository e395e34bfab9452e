"""Words in a reader's language: translations, dates, times and money."""

from __future__ import annotations

import gettext
import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton, format_time, format_timedelta
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

LONDON = ZoneInfo("Europe/London")
LOCALES = {"en": "English", "cy": "Cymraeg"}
DEFAULT_LOCALE = "en"
# Seconds are more than a reader wants, and clocks differ by some of them.
JUST_NOW = timedelta(minutes=1)
# Babel's name of the variant whose dates and money look British.
_BABEL_LOCALES = {"en": "en_GB", "cy": "cy_GB"}
# Beginnings before which the Welsh "and" is "ac"; Babel writes "a(c)" and leaves the choice to the reader.
_AFTER_AC = (*"aeiouâêîôû", "y ", "yr ", "sy'n ", "sydd ")


def N_(text: str) -> str:  # noqa: N802 (gettext's own name for "translate this later")
    """Mark a string for translation where no reader is known yet."""
    return text


class Words:
    """One language. ``_`` and ``ngettext`` translate; the rest formats, in London's time unless a
    zone is given."""

    def __init__(self, locale: str, catalogue: gettext.NullTranslations | None = None) -> None:
        self.locale = locale
        self._babel = _BABEL_LOCALES.get(locale, "en_GB")
        self._catalogue = catalogue or gettext.NullTranslations()

    def _(self, text: str) -> str:
        return self._catalogue.gettext(text)

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self._catalogue.ngettext(one, many, count)

    def day(self, moment: datetime | date) -> str:
        """Monday 16 March 2026"""
        local = moment.astimezone(LONDON).date() if isinstance(moment, datetime) else moment
        return format_date(local, "EEEE d MMMM y", locale=self._babel)

    def month(self, moment: datetime | date) -> str:
        """March 2026"""
        local = moment.astimezone(LONDON).date() if isinstance(moment, datetime) else moment
        return format_skeleton("yMMMM", local, locale=self._babel)

    def time(self, moment: datetime) -> str:
        """23:59"""
        return format_time(moment, "HH:mm", tzinfo=LONDON, locale=self._babel)

    def moment(self, moment: datetime) -> str:
        """Monday 16 March 2026, 23:59"""
        return format_datetime(moment, "EEEE d MMMM y, HH:mm", tzinfo=LONDON, locale=self._babel)

    def moment_in(self, moment: datetime, zone: str) -> str:
        """Monday 16 March 2026, 23:59 (UK time)"""
        said = format_datetime(moment, "EEEE d MMMM y, HH:mm", tzinfo=ZoneInfo(zone), locale=self._babel)
        return f"{said} ({self.zone(zone)})"

    def time_in(self, moment: datetime, zone: str) -> str:
        """23:59"""
        return format_time(moment, "HH:mm", tzinfo=ZoneInfo(zone), locale=self._babel)

    def zone(self, zone: str) -> str:
        """UK time, or the time of a zone's city: Paris time"""
        if zone == LONDON.key:
            return self._("UK time")
        return self._("%(city)s time") % {"city": zone.rpartition("/")[2].replace("_", " ")}

    def ago(self, moment: datetime, now: datetime) -> str:
        """2 hours ago; within a minute, just now"""
        if abs(moment - now) < JUST_NOW:
            return self._("just now")
        return format_timedelta(moment - now, add_direction=True, locale=self._babel)

    def money(self, amount: Decimal | int) -> str:
        """£20,000, or £12.50 where there are pence"""
        whole = amount == int(amount)
        return format_currency(
            amount, "GBP", format="¤#,##0" if whole else None, locale=self._babel, currency_digits=not whole
        )

    def number(self, number: int) -> str:
        return format_decimal(number, locale=self._babel)

    def decimal(self, number: float) -> str:
        """4.3: one place after the point"""
        return format_decimal(number, format="#,##0.0", locale=self._babel)

    def percent(self, share: float) -> str:
        """98%, or 99.4%; ``share`` is from 0 to 1"""
        return format_percent(share, "#,##0.#%", locale=self._babel)

    def listed(self, names: list[str]) -> str:
        """A, B and C"""
        if self.locale == "cy" and len(names) > 1:
            joint = "ac" if names[-1].lower().startswith(_AFTER_AC) else "a"
            return f"{', '.join(names[:-1])} {joint} {names[-1]}"
        return format_list(names, locale=self._babel)

    def either(self, names: list[str]) -> str:
        """A, B or C"""
        return format_list(names, style="or", locale=self._babel)


class Catalogues:
    """Every language the bot speaks, read from ``<folder>/<locale>/LC_MESSAGES/messages.po``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._words: dict[str, Words] = {}

    def words(self, locale: str | None) -> Words:
        """The words of a locale; English for one we do not speak."""
        known = locale if locale in LOCALES else DEFAULT_LOCALE
        if known not in self._words:
            self._words[known] = Words(known, self._read(known))
        return self._words[known]

    @cached_property
    def english(self) -> Words:
        return self.words(DEFAULT_LOCALE)

    def _read(self, locale: str) -> gettext.NullTranslations:
        path = self._folder / locale / "LC_MESSAGES" / "messages.po"
        if not path.exists():
            return gettext.NullTranslations()
        with path.open("rb") as file:
            catalogue = read_po(file, locale=locale)
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        return gettext.GNUTranslations(compiled)
