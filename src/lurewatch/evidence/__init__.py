"""Seal what a public page showed, so that nobody can later doubt it."""
