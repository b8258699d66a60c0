"""Draft the letters of a takedown, from records alone."""
