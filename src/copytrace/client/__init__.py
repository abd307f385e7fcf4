"""The client of a challenge host: its API, and uploads that survive broken connections."""

from copytrace.client.host import Host, HostProblem, HostUnreachable
from copytrace.client.remembered import known_host, remember, settings_file
from copytrace.client.upload import begin_upload, forget, resume_or_begin, send
from copytrace.client.work import WorkHost

__all__ = [
    "Host",
    "HostProblem",
    "HostUnreachable",
    "WorkHost",
    "begin_upload",
    "forget",
    "known_host",
    "remember",
    "resume_or_begin",
    "send",
    "settings_file",
]
