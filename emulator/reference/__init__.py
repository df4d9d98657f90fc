"""The reference engine: every cell a SimPy process, every message real bytes on a link."""
