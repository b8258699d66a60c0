"""`python -m lurewatch` is the command line."""

from lurewatch.cli import main

if __name__ == "__main__":
    main()
