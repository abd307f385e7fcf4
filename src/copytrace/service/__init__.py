"""The lookup service: a library over HTTP, with pages for lookup and review, webhooks and C2PA resolution."""
