"""The pages of the site: views over the services, one idea per file.

`routes` is the table of addresses. `guards` controls access to a view; a view refuses by raising a `Problem`, which
`problems` turns into a page that says what to do, and renders a template of `hosting/templates`. `frame` builds what
all pages of a challenge share (title, tabs, the visitor's next step); `tags` has the template tags and filters: times
with a countdown, sizes, scores, Markdown. The style is in `hosting/static`: only `tokens.css` defines colours and
sizes; nothing is inline, and nothing is loaded from elsewhere.
"""
