"""`python -m mhatool`: the command line."""

import sys

from mhatool.cli import main

sys.exit(main())
