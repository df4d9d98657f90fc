"""What is written down of a run, and how it is judged: traces, samples, wounds, recoveries."""
