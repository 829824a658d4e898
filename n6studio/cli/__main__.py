"""``python -m n6studio.cli`` is the same as the installed ``n6studio``."""

import sys

from n6studio.cli import main

sys.exit(main())
