"""The pages that people see: views over the services, one idea per file.

`routes` is the table of addresses. A view is guarded by `guards`, refuses by raising a `Problem`, which
`problems` turns into a page that says what to do, and draws a template of `hosting/templates`. `frame` makes
what all pages of a challenge share (title, tabs, what the visitor may do next); `tags` has the words and marks
that templates use: moments with a countdown, sizes, scores, Markdown. The style is in `hosting/static`:
`tokens.css` alone names colours and sizes; nothing is inline, nothing comes from elsewhere.
"""
