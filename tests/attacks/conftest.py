"""Six packs and three questions, published once for all attacks on them."""

import pytest

from . import quarters


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """Six packs and three questions, in the order in which they were published."""
    return quarters.publish_all(tmp_path_factory.mktemp("six"))
