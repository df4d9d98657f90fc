"""What a person looks at: films, figures, portraits, maps of RAM."""
