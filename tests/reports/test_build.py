"""The commit and the job, as each CI system tells them."""

from __future__ import annotations

import pytest

from conformance.judging.build import build_of

GITHUB = {
    "GITHUB_SHA": "abc",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "team/server",
    "GITHUB_RUN_ID": "7",
}
AZURE = {
    "BUILD_SOURCEVERSION": "abc",
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/team/",
    "SYSTEM_TEAMPROJECT": "server",
    "BUILD_BUILDID": "7",
}


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        (GITHUB, "https://github.com/team/server/actions/runs/7"),
        (AZURE, "https://dev.azure.com/team/server/_build/results?buildId=7"),
        ({"CI_COMMIT_SHA": "abc", "CI_JOB_URL": "https://gitlab.com/job/7"}, "https://gitlab.com/job/7"),
        ({"GIT_COMMIT": "abc", "BUILD_URL": "https://jenkins/7/"}, "https://jenkins/7/"),
    ],
    ids=["GitHub", "Azure", "GitLab", "Jenkins"],
)
def test_the_commit_and_the_job_are_read_from_the_environment(environment: dict[str, str], url: str) -> None:
    assert build_of(environment) == {"commit": "abc", "url": url}


def test_outside_of_ci_there_is_neither() -> None:
    assert build_of({"PATH": "/bin", "GITHUB_RUN_ID": "7"}) == {}
