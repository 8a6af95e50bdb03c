"""Which modules belong to services that run in several processes."""

from __future__ import annotations

from textwrap import dedent

from statelint.analysis.project import analyse
from statelint.catalogue.loader import load
from statelint.config.settings import Settings
from statelint.extract.extractor import extract
from statelint.extract.launches import read_launches
from statelint.source.deployment import kind_of

APP = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def index():
    return {}
"""


def evidence(files: dict[str, str]) -> dict[str, str]:
    """Return what is said about each module: ``4 workers (Dockerfile)``."""
    catalogue = load()
    modules = [extract(path, dedent(text).encode(), catalogue) for path, text in files.items() if path.endswith(".py")]
    launches = {path: read_launches(path, dedent(text).encode()) for path, text in files.items() if kind_of(path)}
    project = analyse(modules, catalogue, Settings(), launches)
    found = {module.path: project.deployment.several(module.path) for module in modules}
    return {path: f"{held.text} ({held.path})" for path, held in found.items() if held is not None}


def test_the_application_and_what_it_imports() -> None:
    files = {
        "app/main.py": "from app import state\n" + APP,
        "app/state.py": "CACHE = {}\n",
        "tools/report.py": "CACHE = {}\n",
        "Dockerfile": "FROM x\nCMD gunicorn -w 4 app.main:app\n",
    }
    assert evidence(files) == dict.fromkeys(("app/main.py", "app/state.py"), "4 workers (Dockerfile)")


def test_what_is_imported_by_way_of_others_belongs_to_it() -> None:
    files = {
        "app/main.py": "from app import views\n" + APP,
        "app/views.py": "from app import state\n",
        "app/state.py": "from app import views\nCACHE = {}\n",
        "app/unused.py": "CACHE = {}\n",
        "Dockerfile": "FROM x\nCMD gunicorn -w 4 app.main:app\n",
    }
    assert set(evidence(files)) == {"app/main.py", "app/views.py", "app/state.py"}


def test_an_application_that_gunicorn_has_to_work_out() -> None:
    files = {"app.py": APP, "gunicorn.conf.py": "workers = 3\nwsgi_app = find()\n"}
    assert evidence(files)["app.py"] == "3 workers (gunicorn.conf.py)"


def test_another_service_of_the_repository_is_not_meant() -> None:
    files = {
        "one/main.py": APP,
        "two/main.py": APP,
        "one/Dockerfile": "FROM x\nCMD gunicorn -w 4 main:app\n",
        "two/Dockerfile": "FROM x\nCMD gunicorn -w 1 main:app\n",
    }
    assert evidence(files) == {"one/main.py": "4 workers (one/Dockerfile)"}


def test_an_application_that_may_be_one_of_two_is_none() -> None:
    files = {
        "one/main.py": APP,
        "two/main.py": APP,
        "docker/Dockerfile": "FROM x\nCMD gunicorn -w 4 main:app\n",
    }
    assert evidence(files) == {}


def test_an_application_that_is_not_there_is_none() -> None:
    assert evidence({"main.py": APP, "Dockerfile": "FROM x\nCMD gunicorn -w 4 other.site:app\n"}) == {}


def test_a_build_context_says_whose_replicas_they_are() -> None:
    compose = """
        services:
          one: {build: ./one, deploy: {replicas: 3}}
          two: {build: ./two}
    """
    assert evidence({"one/main.py": APP, "two/main.py": APP, "compose.yaml": compose}) == {
        "one/main.py": "3 replicas (compose.yaml)"
    }


MANIFEST = """
    kind: Deployment
    metadata: {name: chat-api}
    spec:
      replicas: 3
      template: {spec: {containers: [{name: chat-api, image: team/chat-api}]}}
"""


def test_manifests_deploy_the_nearest_code_above_them() -> None:
    assert evidence({"src/main.py": APP, "deploy/k8s/api.yaml": MANIFEST}) == {
        "src/main.py": "3 replicas (deploy/k8s/api.yaml)"
    }


def test_of_several_images_the_name_decides() -> None:
    files = {
        "chat_api/main.py": APP,
        "billing/main.py": APP,
        "chat_api/Dockerfile": "FROM x\nCMD python main.py\n",
        "billing/Dockerfile": "FROM x\nCMD python main.py\n",
        "k8s/api.yaml": MANIFEST,
    }
    assert evidence(files) == {"chat_api/main.py": "3 replicas (k8s/api.yaml)"}
    assert evidence(files | {"k8s/api.yaml": MANIFEST.replace("chat-api", "other")}) == {}


def test_djangos_settings_name_the_rest() -> None:
    files = {
        "shop/wsgi.py": "application = object()\n",
        "orders/views.py": "CACHE = {}\n",
        "Procfile": "web: gunicorn shop.wsgi -w 2\n",
    }
    assert set(evidence(files)) == {"shop/wsgi.py", "orders/views.py"}


def test_servers_started_by_code() -> None:
    run = '\nimport uvicorn\n\nif __name__ == "__main__":\n    uvicorn.run("app:app", workers={})\n'
    assert evidence({"app.py": APP + run.format(4)}) == {"app.py": "4 workers (app.py)"}
    assert evidence({"app.py": APP + run.format(1)}) == {}
    assert evidence({"app.py": APP + run.format("os.cpu_count()")}) == {"app.py": "several workers (app.py)"}
    flask = "from flask import Flask\napp = Flask(__name__)\napp.run(processes=3)\n"
    assert evidence({"app.py": flask}) == {"app.py": "3 workers (app.py)"}


def test_an_adapter_to_a_platform() -> None:
    handler = "from mangum import Mangum\nfrom app import app\nhandler = Mangum(app)\n"
    assert evidence({"app.py": APP, "lambda_handler.py": handler}) == dict.fromkeys(
        ("app.py", "lambda_handler.py"), "several instances (lambda_handler.py)"
    )


def test_gunicorns_configuration() -> None:
    config = "import multiprocessing\nimport os\nworkers = int(os.getenv('WEB_CONCURRENCY', {}))\n"
    several = config.format("str(multiprocessing.cpu_count() * 2 + 1)")
    assert evidence({"app.py": APP, "gunicorn.conf.py": several})["app.py"] == "several workers (gunicorn.conf.py)"
    assert evidence({"app.py": APP, "gunicorn.conf.py": config.format("1")}) == {}
    assert evidence({"app.py": APP, "gunicorn.conf.py": "workers = 3\n"})["app.py"] == "3 workers (gunicorn.conf.py)"
