"""The tools are not installed; their tests import them from the checkout."""

import sys
from pathlib import Path

# Not by pytest's option pythonpath, which Humble's pytest 6 refuses.
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
