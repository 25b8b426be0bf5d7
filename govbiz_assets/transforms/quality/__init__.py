"""The quality rules as pure functions: each module judges the rows of one subject and says which have which defect.

What a defect is called, means and asks for stands in `contracts/quality_rules`.
"""
