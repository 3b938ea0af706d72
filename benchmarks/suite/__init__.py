"""The asv suite: one module per level. Importing it imports no backend."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # asv finds only this folder
