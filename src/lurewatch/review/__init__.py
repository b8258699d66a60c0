"""The console in which people look at findings and decide."""
