"""Whether the methods do what they promise: repeated on invented people whose true effect is known."""
