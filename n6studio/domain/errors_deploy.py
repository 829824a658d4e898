"""Failures of deployment: vendor tools, firmware images, flash plans, programmers, boards. Codes N6S-T.. and N6S-F.."""

from n6studio.domain.errors import ExitCode, StudioError


class DeployError(StudioError):
    """Something about the way onto the board."""

    exit_code = ExitCode.DEPLOY
