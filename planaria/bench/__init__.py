"""Speed and memory of all engines, side by side, in processes of their own."""
