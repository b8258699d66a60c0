"""One file a platform: its pages and its spider."""
