"""What tells organisations apart, out of text as it was delivered: names, codes, phones, addresses.

Here belong pure expressions that bring one record to a form in which it can be compared. Comparing records with each
other, and deciding, belongs to `linkage`.
"""
