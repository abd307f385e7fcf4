"""The lookup service: a library over HTTP, with pages to look up and review, webhooks and C2PA resolution."""
