"""Which functions frameworks call."""

from __future__ import annotations

import pytest


def test_routes_of_applications_and_routers(code):
    project = code("""
        from fastapi import APIRouter, FastAPI
        app = FastAPI()
        router = APIRouter(prefix="/x")
        @app.get("/a")
        async def a(): ...
        @router.post(path="/b")
        def b(): ...
        @app.websocket("/c")
        async def c(ws): ...
    """)
    assert project.entries() == {"route a /a", "route b /b", "websocket c /c"}


def test_routers_of_other_modules(sample):
    project = sample(
        {
            "app/routing.py": "from fastapi import APIRouter\nrouter = APIRouter()\n",
            "app/views.py": 'from .routing import router\n@router.get("/a")\ndef a(): ...\n',
        }
    )
    assert project.entries() == {"route a /a"}


def test_routes_on_an_unknown_receiver_need_a_path(code):
    project = code("""
        from somewhere import api, cache
        @api.get("/a")
        def a(): ...
        @cache.get("key")
        def b(): ...
    """)
    assert project.entries() == {"route a /a"}


def test_handlers_defined_in_a_factory(code):
    project = code("""
        from flask import Flask
        def create_app():
            app = Flask(__name__)
            @app.route("/a")
            def a(): ...
            app.add_url_rule("/b", view_func=b)
            return app
        def b(): ...
    """)
    assert project.entries() == {"route create_app.a /a", "route b /b"}


def test_decorators_called_with_the_function(sample):
    project = sample(
        {
            "app/views.py": "def a(): ...\ndef b(): ...\n",
            "app/main.py": """
                from flask import Flask
                from mcp.server.fastmcp import FastMCP
                from app import views
                app = Flask(__name__)
                mcp = FastMCP("notes")
                app.route("/a", methods=["GET"])(views.a)
                mcp.tool()(views.b)
                """,
        }
    )
    assert project.entries() == {"route a /a", "tool b"}


def test_class_views_are_routed_by_their_decorator(code):
    project = code("""
        from flask_restx import Namespace, Resource
        ns = Namespace("notes")
        @ns.route("/<int:note_id>")
        class Note(Resource):
            def get(self, note_id): ...
    """)
    assert project.entries() == {"route Note.get /<int:note_id>"}


def test_routes_registered_by_call(code):
    project = code("""
        from starlette.applications import Starlette
        from starlette.routing import Route
        def a(request): ...
        def b(request): ...
        app = Starlette(routes=[Route("/a", a), Route("/b", endpoint=b)])
    """)
    assert project.entries() == {"route a /a", "route b /b"}


def test_flask_class_views(code):
    project = code("""
        from flask import Flask
        from flask.views import MethodView
        app = Flask(__name__)
        class Notes(MethodView):
            def get(self): return self.load()
            def post(self): ...
            def load(self): ...
        app.add_url_rule("/notes", view_func=Notes.as_view("notes"))
    """)
    assert {entry.split()[1] for entry in project.entries()} == {"Notes.get", "Notes.post"}
    assert project.reach("Notes.load") == "served"


def test_django_urlpatterns(sample):
    project = sample(
        {
            "site/urls.py": """
                from django.urls import include, path, re_path
                from notes import views
                urlpatterns = [
                    path("a/", views.a),
                    path("b/", views.B.as_view()),
                    re_path(r"^c/$", view=views.c),
                    path("notes/", include("notes.urls")),
                ]
            """,
            "notes/__init__.py": "",
            "notes/urls.py": """
                from django.contrib.auth.decorators import login_required
                from django.urls import path
                from .views import d
                urlpatterns = [path("d/", login_required(d), name="d")]
            """,
            "notes/views.py": """
                from django.views import View
                def a(request): return request
                class B(View):
                    def get(self, request): return self.rows()
                    def rows(self): ...
                def c(request): ...
                def d(request): ...
                def unused(request): ...
            """,
        }
    )
    assert {entry.split()[1] for entry in project.entries()} == {"a", "B.get", "c", "d"}
    assert project.reach("B.rows") == "served"
    assert project.reach("unused") == "unknown"


def test_drf_routers(sample):
    project = sample(
        {
            "api/views.py": """
                from rest_framework.decorators import action
                from rest_framework.viewsets import ModelViewSet
                class NoteViewSet(ModelViewSet):
                    def get_queryset(self): ...
                    @action(detail=True)
                    def share(self, request): ...
            """,
            "api/urls.py": """
                from rest_framework.routers import DefaultRouter
                from .views import NoteViewSet
                router = DefaultRouter()
                router.register("notes", NoteViewSet)
            """,
        }
    )
    assert project.reach("NoteViewSet.get_queryset") == "served"
    assert project.reach("NoteViewSet.share") == "served"


def test_middleware_named_in_settings(sample):
    project = sample(
        {
            "site/settings.py": 'MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware", "site.middleware.Track"]\n',
            "site/middleware.py": """
                class Track:
                    def __init__(self, get_response): ...
                    def __call__(self, request): return request
            """,
        }
    )
    assert project.entries() == {"middleware Track.__call__ site.middleware.Track"}
    klass = project.project.modules["site/middleware.py"].classes[0]
    assert project.project.entry_points.lifetime(klass) == "process"


def test_worker_settings(code):
    project = code("""
        async def job(ctx): ...
        class WorkerSettings:
            functions = [job]
    """)
    assert project.entries() == {"task job"}


def test_callbacks_given_by_keyword(code):
    project = code("""
        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        @asynccontextmanager
        async def lifespan(app):
            yield
        async def failed(request, error): ...
        app = FastAPI(lifespan=lifespan, exception_handlers={404: failed})
    """)
    assert project.entries() == {"startup lifespan", "handler failed"}


def test_bases_that_match_by_their_ending(sample):
    project = sample(
        {
            "server.py": """
                import chat_pb2_grpc
                class Chat(chat_pb2_grpc.ChatServicer):
                    def Send(self, request, context): ...
            """
        }
    )
    assert project.reach("Chat.Send") == "served"


@pytest.mark.parametrize(
    "decorator", ["@server.tool()", "@server.tool", '@server.resource("x://{y}")', "@server.prompt()"]
)
def test_mcp_tools(code, decorator):
    project = code(f"""
        from mcp.server.fastmcp import FastMCP
        server = FastMCP("x")
        {decorator}
        def f(y): ...
    """)
    assert project.reach("f") == "served"


def test_frameworks_type_the_parameters_they_pass(sample):
    project = sample(
        {
            "site/urls.py": "from django.urls import path\nfrom site.views import a\nurlpatterns = [path('a', a)]\n",
            "site/views.py": "def a(request, pk):\n    return helper(request)\ndef helper(req):\n    return req\n",
        }
    )
    assert project.parameter("a", "request") == {"result django.http.HttpRequest"}
    assert project.parameter("helper", "req") == {"result django.http.HttpRequest"}
    assert project.parameter("a", "pk") == set()


def test_an_openapi_document_names_the_functions_that_no_code_calls(sample):
    code = sample(
        {
            "config.py": "import connexion\n\napp = connexion.App(__name__)\napp.add_api('openapi.yml')\n",
            "api/books.py": "from flask import jsonify\n\n\ndef _row(row):\n    return row\n\n\n"
            "def helper():\n    return 1\n\n\ndef listed():\n    return jsonify(helper())\n",
            "tests/test_books.py": "def test_listed():\n    pass\n",
        }
    )
    assert code.entries() == {"route listed"}


def test_without_connexion_nobody_names_them(sample):
    assert sample({"api/books.py": "app.add_api('openapi.yml')\n\n\ndef listed():\n    return 1\n"}).entries() == set()


def test_views_out_of_tables(code):
    project = code("""
        from flask import Flask
        app = Flask(__name__)
        def a(): ...
        def b(): ...
        def c(): ...
        def d(): ...
        PLAIN = [a]
        PAIRS = {"/b": b}
        ROWS = [("/c", c), ("/d", d)]
        for view in PLAIN:
            app.add_url_rule("/a", view_func=view)
        for path, view in PAIRS.items():
            app.add_url_rule(path, view_func=view)
        for row in ROWS:
            app.add_url_rule(row[0], view_func=row[1])
    """)
    assert {entry.split()[1] for entry in project.entries()} == {"a", "b", "c", "d"}
