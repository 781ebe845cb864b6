"""The scripts of packaging/, which run as programs and so are no package."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

sys.path.insert(0, str(ROOT / "packaging"))
