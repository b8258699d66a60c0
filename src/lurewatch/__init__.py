"""Find lures in public posts, keep the evidence, and see them taken down."""

__version__ = "0.1.0"
