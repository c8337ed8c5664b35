"""Conversations with a server of OVSDB: each case_... gets one to speak in."""
from .schema import SCHEMA  # noqa: F401
from .conditions import *  # noqa: F401,F403
from .conversions import *  # noqa: F401,F403
from .locks import *  # noqa: F401,F403
from .methods import *  # noqa: F401,F403
from .monitors import *  # noqa: F401,F403
from .mutations import *  # noqa: F401,F403
from .operations import *  # noqa: F401,F403
from .references import *  # noqa: F401,F403
from .values import *  # noqa: F401,F403
from .waits import *  # noqa: F401,F403
from .wire import *  # noqa: F401,F403
