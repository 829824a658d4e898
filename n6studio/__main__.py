"""``python -m n6studio [CHECKPOINT or PROJECT]`` starts the window."""

import sys

from n6studio.app import main

sys.exit(main())
