"""The organisers' pages, under `/organise/`: site status, and actions on a challenge.

Every action goes through a service that records it in the audit log. Dangerous actions ask for confirmation, by
`confirming`; `undoing` says which actions can be undone, and where.
"""
