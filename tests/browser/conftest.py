"""The pages to open: those of the views' own tests."""

import importlib.util
from pathlib import Path

_PLACE = Path(__file__).parent.parent / "views" / "conftest.py"
_spec = importlib.util.spec_from_file_location("views_conftest", _PLACE)
_views = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_views)

drawn, everything, pages = _views.drawn, _views.everything, _views.pages
