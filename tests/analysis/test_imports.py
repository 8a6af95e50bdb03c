"""Which definition an import leads to."""

from __future__ import annotations

import pytest

USER = "class User: ...\n"


@pytest.mark.parametrize(
    ("path", "statement", "name"),
    [
        ("app/api/routes.py", "from app.models import User", "User"),
        ("app/api/routes.py", "from ..models import User", "User"),
        ("app/routes.py", "from .models import User", "User"),
        ("app/routes.py", "from app.models import User as Account", "Account"),
        ("app/__init__.py", "from .models import User", "User"),
        ("app/api/v1/routes.py", "from ...models import User", "User"),
    ],
)
def test_classes_are_found_by_absolute_and_relative_imports(sample, path, statement, name):
    project = sample({"app/models.py": USER, "app/__init__.py": "", "app/api/__init__.py": "", path: statement})
    assert project.names(path, name) == {"class User"}


@pytest.mark.parametrize(
    ("statement", "expression"),
    [
        ("import app.models", "app.models.User"),
        ("import app.models as m", "m.User"),
        ("from app import models", "models.User"),
        ("from . import models", "models.User"),
        ("from app import models as m", "m.User"),
    ],
)
def test_classes_are_found_through_modules(sample, statement, expression):
    project = sample(
        {
            "app/__init__.py": "",
            "app/models.py": USER,
            "app/main.py": f"{statement}\ndef f():\n    return {expression}\n",
        }
    )
    assert project.returns("f") == {"class User"}


def test_packages_re_export_what_their_init_imports(sample):
    project = sample(
        {
            "app/models/__init__.py": "from .user import User\nfrom .chat import *\n",
            "app/models/user.py": USER,
            "app/models/chat.py": "class Chat: ...\n",
            "app/main.py": "from app.models import Chat, User\n",
        }
    )
    assert project.names("app/main.py", "User") == {"class User"}
    assert project.names("app/main.py", "Chat") == {"class Chat"}


def test_re_exports_chain_through_several_packages(sample):
    project = sample(
        {
            "a/__init__.py": "from .b import User",
            "a/b/__init__.py": "from .c import User",
            "a/b/c.py": USER,
            "main.py": "from a import User",
        }
    )
    assert project.names("main.py", "User") == {"class User"}


def test_modules_that_import_each_other_do_not_hang(sample):
    project = sample({"a.py": "from b import x, y\n", "b.py": "from a import x\ny = 1\n"})
    assert project.names("a.py", "x") == set()
    assert project.names("a.py", "y") == {"result int"}


def test_star_imports_obey_all(sample):
    project = sample(
        {
            "models.py": '__all__ = ["User"]\nclass User: ...\nclass Hidden: ...\n',
            "main.py": "from models import *\n",
        }
    )
    assert project.names("main.py", "User") == {"class User"}
    assert project.names("main.py", "Hidden") == set()


def test_star_imports_leave_out_private_names(sample):
    project = sample({"models.py": "class _Hidden: ...\nclass User: ...\n", "main.py": "from models import *\n"})
    assert project.names("main.py", "_Hidden") == set()


def test_names_of_an_external_star_import_are_external(code):
    assert code("from fastapi import *\n").names("main.py", "APIRouter") == {"fastapi.APIRouter"}


def test_imports_for_type_checkers_count(sample):
    project = sample(
        {
            "models.py": USER,
            "main.py": """
                from typing import TYPE_CHECKING
                if TYPE_CHECKING:
                    from models import User
                def f(user: "User"):
                    return user
            """,
        }
    )
    assert project.returns("f") == {"instance User"}


def test_imports_inside_functions_count(sample):
    project = sample({"models.py": USER, "main.py": "def f():\n    from models import User\n    return User()\n"})
    assert project.returns("f") == {"instance User"}


def test_alternative_imports_are_all_known(sample):
    project = sample(
        {"main.py": "try:\n    import ujson as json\nexcept ImportError:\n    import json\n"},
    )
    assert project.names("main.py", "json") == {"ujson", "json"}


def test_namespace_packages_need_no_init(sample):
    project = sample({"company/service/models.py": USER, "main.py": "from company.service.models import User\n"})
    assert project.names("main.py", "User") == {"class User"}


@pytest.mark.parametrize("root", ["src/", "backend/", "services/chat/src/", ""])
def test_absolute_imports_start_at_the_import_root_of_the_file(sample, root):
    project = sample(
        {
            f"{root}app/__init__.py": "",
            f"{root}app/models.py": USER,
            f"{root}app/main.py": "from app.models import User\n",
        }
    )
    assert project.names(f"{root}app/main.py", "User") == {"class User"}


def test_scripts_beside_src_find_the_package(sample):
    project = sample(
        {"src/app/__init__.py": "", "src/app/models.py": USER, "scripts/it.py": "from app.models import User"}
    )
    assert project.names("scripts/it.py", "User") == {"class User"}


def test_every_root_has_its_own_modules(sample):
    project = sample(
        {
            "one/app/models.py": "class One: ...\n",
            "one/app/main.py": "from app import models\ndef one():\n    return models.One\n",
            "two/app/models.py": "class Two: ...\n",
            "two/app/main.py": "from app import models\ndef two():\n    return models.Two\n",
        }
    )
    assert project.returns("one") == {"class One"}
    assert project.returns("two") == {"class Two"}


def test_scripts_import_their_neighbours(sample):
    project = sample({"backend/models.py": USER, "backend/main.py": "from models import User\n"})
    assert project.names("backend/main.py", "User") == {"class User"}


def test_a_module_named_like_a_library_does_not_hide_it_from_its_own_package(sample):
    project = sample({"app/__init__.py": "", "app/redis.py": "import redis\npool = redis.Redis()\n"})
    assert project.names("app/redis.py", "redis") == {"redis"}


def test_the_standard_library_is_not_found_in_the_project(sample):
    project = sample({"app/__init__.py": "", "app/logging.py": "x = 1\n", "app/main.py": "import logging\n"})
    assert project.names("app/main.py", "logging") == {"logging"}


def test_unknown_modules_are_external(code):
    assert code("from vendor.thing import Client as C\n").names("main.py", "C") == {"vendor.thing.Client"}


def test_too_many_dots_are_no_crash(code):
    assert code("from ....far import away\n").names("main.py", "away") == {"far.away"}


def test_a_folder_called_like_a_library_is_not_the_library(sample):
    project = sample(
        {
            "app/core/__init__.py": "",
            "app/core/fastapi/__init__.py": "",
            "app/core/fastapi/deps.py": "from fastapi import Depends\n",
            "app/core/db.py": "from fastapi import Request, deps\n",
        }
    )
    assert project.names("app/core/fastapi/deps.py", "Depends") == {"fastapi.Depends"}
    assert project.names("app/core/db.py", "Request") == {"fastapi.Request"}


def test_a_folder_that_is_imported_as_a_package_is_no_import_root(sample):
    project = sample(
        {
            "backend/main.py": "from routes import auth, notes\n",
            "backend/auth.py": "class User: ...\n",
            "backend/routes/auth.py": "",
            "backend/routes/notes.py": "from auth import User\n",
        }
    )
    assert project.names("backend/routes/notes.py", "User") == {"class User"}
