"""`python -m metalearn`: the command line."""

import sys

from metalearn.cli import main

sys.exit(main())
