"""Which posts belong together: what each of them can be recognised by, and the groups that makes."""
