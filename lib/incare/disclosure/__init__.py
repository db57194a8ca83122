"""The only way figures leave: protect a series, then draw, write or say it."""

from incare.disclosure.counts import protect_rows
from incare.disclosure.forecasts import ProtectedForecasts, protect_forecasts
from incare.disclosure.protect import DisclosureError, Protected, Rules, half_up, protect

__all__ = [
    "DisclosureError",
    "Protected",
    "ProtectedForecasts",
    "Rules",
    "half_up",
    "protect",
    "protect_forecasts",
    "protect_rows",
]
