"""Which commit was tested, and where the job's log is: what CI systems say of it in their environment."""

from __future__ import annotations

from collections.abc import Mapping

_COMMITS = ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT", "CIRCLE_SHA1", "BUILD_SOURCEVERSION", "GIT_COMMIT")
_JOBS = ("CI_JOB_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL", "BUILD_URL")

_GITHUB = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
_AZURE = ("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID")


def build_of(environment: Mapping[str, str]) -> dict[str, str]:
    """`commit` and `url`, each where the environment has it: of GitHub, GitLab, Buildkite, CircleCI, Azure, Jenkins."""
    return {key: value for key, value in (("commit", _commit(environment)), ("url", _url(environment))) if value}


def _commit(environment: Mapping[str, str]) -> str:
    return next((environment[name] for name in _COMMITS if environment.get(name)), "")


def _url(environment: Mapping[str, str]) -> str:
    github = [environment.get(name, "") for name in _GITHUB]
    if all(github):
        return f"{github[0]}/{github[1]}/actions/runs/{github[2]}"
    azure = [environment.get(name, "") for name in _AZURE]
    if all(azure):
        return f"{azure[0].rstrip('/')}/{azure[1]}/_build/results?buildId={azure[2]}"
    return next((environment[name] for name in _JOBS if environment.get(name)), "")
