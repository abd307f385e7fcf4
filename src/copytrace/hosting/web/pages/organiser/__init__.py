"""The organisers' pages, under `/organise/`: they look after the site, and act on a challenge.

Every act goes through a service that notes it in the audit log. What is dangerous is asked again by `confirming`
before it is done; `undoing` says which acts can be taken back, and where.
"""
