"""Refused records for the people who mend them: what was refused and why, the records themselves, and files of them."""
