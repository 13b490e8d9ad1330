"""What turns the repository into pages: the folder Sphinx reads, and two extensions of Sphinx."""
