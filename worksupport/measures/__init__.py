"""Arithmetic on started and finished work: no SQL, no clock, nothing of ours."""
