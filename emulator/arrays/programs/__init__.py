"""The program core: any program of a cell, called by address for many cells."""
