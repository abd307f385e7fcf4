"""The organisers' pages, under `/organise/`: they look after the site, and act on a challenge.

Every act goes through a service that notes it in the audit log. Dangerous acts are confirmed first, by `confirming`;
`undoing` says which acts can be undone, and where.
"""
