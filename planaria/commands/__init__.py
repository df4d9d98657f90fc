"""One file a command: its flags, its call, its words for people."""
