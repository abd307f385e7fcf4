"""`python -m copytrace` is the command line."""

from copytrace.cli import main

if __name__ == "__main__":
    main()
