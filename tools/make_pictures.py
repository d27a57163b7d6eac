"""Make the pictures of the documentation: python tools/make_pictures.py --out docs/images."""

import sys

from docs_pictures.command import main

if __name__ == "__main__":
    sys.exit(main())
