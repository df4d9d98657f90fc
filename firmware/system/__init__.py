"""What all of planaria asks of the operating system: files, signals, and children that end with it."""
