"""Campaigns: many trials of many cells under faults, with statistics that say how sure we are."""
