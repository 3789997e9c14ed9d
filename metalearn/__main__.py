"""`python -m metalearn`: the command line."""
# PYTHON_ARGCOMPLETE_OK

import sys

from metalearn.cli import main

sys.exit(main())
