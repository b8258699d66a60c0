"""Fetch public pages and read the posts on them."""
