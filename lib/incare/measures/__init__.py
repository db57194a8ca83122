"""The measures, one file per topic, collected in the order in which boards read them."""

from incare.measure import Catalogue
from incare.measure import catalogue as _collect
from incare.measures import care_leavers, entering, in_care, leaving_care, missing, placements, plans, reviews

TOPICS = {
    "entering": "Entering care",
    "in_care": "Children in care",
    "placements": "Placements",
    "plans": "Plans and visits",
    "reviews": "Reviews",
    "missing": "Missing from care",
    "leaving_care": "Leaving care and permanence",
    "care_leavers": "Care leavers",
}


def catalogue() -> Catalogue:
    """All measures that incare has."""
    return _collect(entering, in_care, placements, plans, reviews, missing, leaving_care, care_leavers)
