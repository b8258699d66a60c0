"""Pictures of posts: what one is by its content, and the text that is read in it."""
