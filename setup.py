"""Puts conf/ into the wheel, as lightlab/conf; everything else about the package stands in pyproject.toml."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CONF = Path("conf")


class BuildWithConf(build_py):
    """Copies conf/ beside the modules; an editable installation reads the one in the clone."""

    def run(self) -> None:
        super().run()
        for source, copy in self._copies().items() if not self.editable_mode else ():
            self.mkpath(str(Path(copy).parent))
            self.copy_file(source, copy)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *([] if self.editable_mode else self._copies().values())]

    def _copies(self) -> dict[str, str]:
        files = [path for path in sorted(CONF.rglob("*")) if path.suffix in (".yaml", ".json")]
        shared = [path for path in files if path.parts[1] != "local"]  # the settings of one machine
        return {str(path): str(Path(self.build_lib, "lightlab", path)) for path in shared}


setup(cmdclass={"build_py": BuildWithConf})
