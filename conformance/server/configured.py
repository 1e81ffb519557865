"""From the options of a run to the configuration of its target, its profile and its limits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from conformance.errors import UsageError
from conformance.server.options import Options
from conformance.server.target.configuration import (
    Configuration,
    Deviation,
    with_app,
    with_operations,
    with_url,
)
from conformance.server.target.configuration_file import duration_of, read_configuration, with_statement
from conformance.server.target.profile import PROFILES, Profile
from conformance.server.target.url import check_host


def configuration_of(options: Options) -> Configuration:
    """The file, and what the options say in its place or besides.

    Raises UsageError naming the option, or the file and key, that cannot be used.
    """
    configuration = read_configuration(Path(options.config)) if options.config else Configuration()
    iut = configuration.iut
    for host in options.allow_host:
        check_host("--allow-host", host)
    hosts = (*iut.allow_hosts, *options.allow_host)
    configuration = replace(configuration, iut=replace(iut, spec=options.spec or iut.spec, allow_hosts=hosts))
    if options.operation:
        configuration = with_operations(configuration, options.operation)
    if options.url and options.app:
        raise UsageError("--url and --app name two targets", "give one of them")
    if options.url:
        configuration = with_url(configuration, options.url)
    if options.app:
        configuration = with_app(configuration, options.app)
    settings = dict(statement_setting(text) for text in options.statement)
    if settings:
        configuration = with_statement(configuration, settings)
    if options.fault:
        configuration = replace(configuration, deviation=Deviation("fault", options.fault))
    if options.variant:
        configuration = replace(configuration, deviation=Deviation("variant", options.variant))
    configuration = replace(
        configuration, world=options.world, rehearsal=options.rehearsal, disruptive=options.disruptive
    )
    return _with_room(configuration, profile_of(options))


def profile_of(options: Options) -> Profile:
    """The profile, with its seed. Raises UsageError for one that there is not."""
    if options.profile not in PROFILES:
        raise UsageError(f"--profile: there is no profile {options.profile!r}", f"choose one of {', '.join(PROFILES)}")
    return replace(PROFILES[options.profile], seed=options.seed)


def max_time_of(options: Options) -> float:
    """Seconds after which no check is begun; 0 when there is no limit. Raises UsageError for what is no time."""
    if not options.max_time:
        return 0.0
    seconds = duration_of(options.max_time)
    if not seconds:
        raise UsageError(f"--max-time: {options.max_time!r} is no time", 'write it as "90s" or "5m"')
    return seconds


def _with_room(configuration: Configuration, profile: Profile) -> Configuration:
    """The configuration, with limits large enough for the profile unless the file sets its own."""
    limits = configuration.limits
    requests = limits.requests if "requests" in limits.said else max(limits.requests, profile.requests)
    operations = limits.operations if "operations" in limits.said else max(limits.operations, profile.operations)
    limits = replace(limits, requests=requests, operations=operations)
    return replace(configuration, limits=limits)


def statement_setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--statement: {text!r} is not KEY=VALUE", "write it as cancel=best-effort")
    return key.strip(), value.strip()


def check_target(configuration: Configuration, file: str) -> None:
    """Raise UsageError for a file that leaves out what is under test, or where its running operations come from.

    Only where no file is named, the embedded server is what is meant; its green verdict must not bear another's name.
    """
    if configuration.is_embedded and configuration.operations.running.function is not None:
        raise UsageError(
            "the fixture iut_operations starts operations, and nothing says on which server they are",
            "give --iut-url, --iut with a file that has [iut] url or app, or a fixture iut_url or iut_transport",
        )
    if not file or configuration.deviation is not None:
        return
    if configuration.is_embedded:
        raise UsageError(
            f"{file}: [iut] has no url and no app, so nothing says what is under test",
            "set [iut] url or app, or give --url or --app; `run` without a file checks the embedded reference server",
        )
    if not configuration.operations.running.is_given:
        raise UsageError(
            f"{file}: [operations] says nothing about where running operations come from",
            "set exactly one of start, command, python and names, or give --operation",
        )
