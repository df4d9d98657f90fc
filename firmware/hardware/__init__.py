"""The C cell on real machines: chips, compiler, binaries and their simulators (extra ``hardware``)."""
