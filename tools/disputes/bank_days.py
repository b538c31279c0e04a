"""Business days, and when a day is over, where an account is. Pure.

United Kingdom: Monday to Friday but for the bank holidays of England. United States: those of the Federal Reserve
Banks, which are closed on the Monday after a holiday on a Sunday and open on the Friday before one on a Saturday; a
bank that is open on fewer days is early, never late. Elsewhere: the public holidays of the country.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

from tools.calendar import is_business_day as is_english_business_day

EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()  # noqa: SIM905
)
"""ISO 3166-1 codes of the European Economic Area."""

_ZONES = {
    "GB": ZoneInfo("Europe/London"),
    "US": ZoneInfo("America/New_York"),
    "IE": ZoneInfo("Europe/Dublin"),
    "IS": ZoneInfo("Atlantic/Reykjavik"),
    "PT": ZoneInfo("Europe/Lisbon"),
} | dict.fromkeys(("BG", "CY", "EE", "FI", "GR", "LT", "LV", "RO"), ZoneInfo("Europe/Helsinki"))
"""Of the capital: bank days are those of the bank's offices. Eastern Europe changes its clocks at one instant."""
_ELSEWHERE = ZoneInfo("Europe/Brussels")
_NOON = time(12)
_SATURDAY, _SUNDAY = 5, 6
_DAY = timedelta(days=1)


def is_business_day(day: date, country: str) -> bool:
    if country == "GB":
        return is_english_business_day(day)
    if day.weekday() >= _SATURDAY:
        return False
    if country == "US":
        return day not in _holidays("US") and not ((day - _DAY).weekday() == _SUNDAY and day - _DAY in _holidays("US"))
    return day not in _holidays(country)


def business_days_after(day: date, number: int, country: str) -> date:
    """The day that many business days after ``day``, which itself does not count."""
    while number > 0:
        day += _DAY
        number -= is_business_day(day, country)
    return day


def local_day(moment: datetime, country: str) -> date:
    """The day that it is where the account is."""
    return moment.astimezone(_zone(country)).date()


def noon(day: date, country: str) -> datetime:
    """When the bank does what is still to be done on the last day: half a day before it would be late."""
    return datetime.combine(day, _NOON, _zone(country))


def end_of(day: date, country: str) -> datetime:
    """The first moment that is late."""
    return datetime.combine(day + _DAY, time(), _zone(country))


def _zone(country: str) -> ZoneInfo:
    return _ZONES.get(country, _ELSEWHERE)


@cache
def _holidays(country: str) -> HolidayBase:
    return country_holidays(country, observed=False) if country == "US" else country_holidays(country)
