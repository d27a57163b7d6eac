"""Put faults into a running graph and into files: python tools/run_faults.py --out out/faults."""

import sys

from faults.command import main

if __name__ == "__main__":
    sys.exit(main())
