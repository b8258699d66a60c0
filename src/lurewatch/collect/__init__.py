"""Import what other tools and people collected."""
