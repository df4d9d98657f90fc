"""Learns a cell's update rule from a target picture and exports it as a genome."""
