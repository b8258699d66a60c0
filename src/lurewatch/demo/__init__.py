"""A small platform on 127.0.0.1 with invented posts, that answers like the real ones."""
