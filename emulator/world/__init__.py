"""Where cells are, what time it is, and what chance gives: what decides a run besides its cells."""
