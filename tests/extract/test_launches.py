"""What deployment files say about the number of processes."""

from __future__ import annotations

from textwrap import dedent
from time import process_time

import pytest

from statelint.extract.launches import SEVERAL, read_launches
from statelint.source.deployment import kind_of


def seen(path: str, text: str) -> list[tuple[int, str, str]]:
    """Return number, unit and application of each launch."""
    return [(held.count, held.unit, held.app) for held in read_launches(path, dedent(text).encode())]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("gunicorn -w 4 app.main:app", (4, "app.main")),
        ("gunicorn -w4 'erp.app:create_app()'", (4, "erp.app")),
        ("gunicorn --workers=3 --bind 0.0.0.0:8000 shop.wsgi", (3, "shop.wsgi")),
        ("exec poetry run uvicorn app.main:app --host 0.0.0.0 --workers 2", (2, "app.main")),
        ("python -m uvicorn main:app --workers ${WORKERS:-4}", (4, "main")),
        ("gunicorn app:app --workers $(( 2 * $(nproc) + 1 ))", (SEVERAL, "app")),
        ("fastapi run --workers 4 app/main.py", (4, "app.main")),
        ("cd src && hypercorn web:app -w 2 && echo done", (2, "web")),
        ("/opt/venv/bin/gunicorn app:app -w 2", (2, "app")),
    ],
)
def test_commands_with_several_workers(command: str, expected: tuple[int, str]) -> None:
    assert seen("Procfile", f"web: {command}\n") == [(expected[0], "workers", expected[1])]
    assert seen("Dockerfile", f"FROM x\nCMD {command}\n") == [(expected[0], "workers", expected[1])]


@pytest.mark.parametrize(
    "command",
    [
        "gunicorn -w 1 app.main:app",
        "uvicorn app.main:app --reload",
        "gunicorn app:app --workers $WEB_CONCURRENCY",
        "gunicorn app:app --threads 4",
        "celery -A app worker --concurrency 4",
        "pip install gunicorn",
        "python train.py --workers 4",
        "waitress-serve --threads=8 app:app",
        "fastapi dev --workers 4 app.py",
    ],
)
def test_commands_with_one_process_or_of_unknown_number(command: str) -> None:
    assert seen("Procfile", f"web: {command}\n") == []


def test_the_exec_form_over_several_lines() -> None:
    text = """\
        FROM python
        # CMD ["gunicorn", "-w", "9", "old:app"]
        CMD ["gunicorn", \\
             "--workers", "3", \\
             "shop.wsgi:application"]
    """
    (launch,) = read_launches("Dockerfile", dedent(text).encode())
    assert (launch.count, launch.app) == (3, "shop.wsgi")
    assert (launch.position.line, launch.position.end_line) == (3, 5)


def test_an_entrypoint_takes_the_arguments_of_cmd() -> None:
    assert seen("api/Dockerfile", 'FROM x\nENTRYPOINT ["gunicorn", "app:app"]\nCMD ["-w", "4"]\n') == [
        (4, "workers", "app")
    ]


def test_installing_a_server_starts_none() -> None:
    assert seen("Dockerfile", "FROM x\nRUN gunicorn -w 4 app:app --check-config\nCMD python app.py\n") == []


def test_the_environment_of_an_image() -> None:
    assert seen("Dockerfile", "FROM x\nENV WEB_CONCURRENCY=4\nCMD uvicorn app:app\n") == [(4, "workers", "app")]
    assert seen("Dockerfile", "FROM tiangolo/uvicorn-gunicorn\nENV WEB_CONCURRENCY 4\n") == [(4, "workers", "")]
    assert seen("Dockerfile", "FROM x\nENV WEB_CONCURRENCY=1\nCMD uvicorn app:app\n") == []


def test_services_of_a_compose_file() -> None:
    text = """\
        x-common: &common
          environment: {GUNICORN_CMD_ARGS: "--workers 2"}
        services:
          api:
            build: {context: ./backend}
            deploy: {replicas: 3}
          web:
            build: ./web
            command: gunicorn -w 4 site.wsgi:application
          admin:
            <<: *common
            build: admin
          worker:
            build: ./backend
            command: celery -A app worker
            deploy: {replicas: 5}
          redis:
            image: redis:7
            deploy: {replicas: 2}
    """
    launches = read_launches("docker-compose.yml", dedent(text).encode())
    assert [(held.count, held.unit, held.folder, held.app) for held in launches] == [
        (3, "replicas", "./backend", ""),
        (4, "workers", "./web", "site.wsgi"),
        (2, "workers", "admin", ""),
    ]
    assert launches[0].position.line == 6


def test_workloads_of_kubernetes() -> None:
    text = """\
        apiVersion: v1
        kind: Service
        metadata: {name: chat}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: chat-api}
        spec:
          replicas: 3
          template:
            spec:
              containers:
                - name: api
                  image: registry.example.com/team/chat-api:1.2
        ---
        kind: StatefulSet
        metadata: {name: redis}
        spec: {replicas: 3, template: {spec: {containers: [{name: redis, image: redis}]}}}
        ---
        kind: Deployment
        metadata: {name: single}
        spec: {replicas: 1, template: {spec: {containers: [{name: one, image: one}]}}}
    """
    (launch,) = read_launches("k8s/all.yaml", dedent(text).encode())
    assert (launch.count, launch.unit, launch.names) == (3, "replicas", ("chat-api", "api", "chat-api"))
    assert launch.position.line == 9


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("fly.toml", "[http_service]\nmin_machines_running = 2\n", (2, "instances", "")),
        ("render.yaml", "services:\n  - type: web\n    numInstances: 3\n", (3, "instances", "")),
        ("app.yaml", "entrypoint: gunicorn -b :$PORT -w 4 main:app\n", (4, "workers", "main")),
        ("deploy/chat.service", "[Service]\nExecStart=/srv/venv/bin/gunicorn -w 3 chat:app\n", (3, "workers", "chat")),
        ("supervisord.conf", "[program:x]\ncommand=gunicorn -w 3 chat:app\n", (3, "workers", "chat")),
        ("uwsgi.ini", "[uwsgi]\nmodule = shop.wsgi:application\nprocesses = 4\n", (4, "workers", "shop.wsgi")),
        ("start.sh", "#!/bin/sh\nexec gunicorn -w 3 \\\n  chat:app\n", (3, "workers", "chat")),
        ("serverless.yml", "functions:\n  api:\n    handler: app/main.handler\n", (SEVERAL, "instances", "app.main")),
    ],
)
def test_other_files(path: str, text: str, expected: tuple[int, str, str]) -> None:
    assert seen(path, text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "kind: Deployment\nspec: {replicas: [}\n",
        "kind: Deployment\nspec: {replicas: {{ .Values.replicas }} }\n",
        "kind: Deployment\nreplicas: 3\n" + "[" * 3000,
        "replicas: kind: &a [*a, *b]\n",
        "kind: Deployment\nspec: &s {replicas: 3, template: *s}\n",
        "kind: Deployment\nspec: {replicas: 99999999999999999999999999}\n",
    ],
)
def test_what_cannot_be_understood_says_nothing(text: str) -> None:
    assert read_launches("k8s/x.yaml", text.encode()) == []


def test_bytes_that_are_no_text() -> None:
    assert read_launches("Dockerfile", b"\x00CMD gunicorn -w 4 app:app") == []
    assert seen("Procfile", 'web: gunicorn "-w 4 app:app') == [(4, "workers", "app")]
    (launch,) = read_launches("Procfile", b"web: gunicorn -w 4 app:app \xff")
    assert launch.count == 4


@pytest.mark.parametrize("depth", [900, 10_000])
def test_endless_nesting_raises_nothing(depth: int) -> None:
    assert read_launches("Dockerfile", b"CMD " + b"[" * depth + b"]" * depth) == []
    assert read_launches("compose.yaml", b"services: " + b"[" * depth + b"]" * depth) == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("Dockerfile", "docker"),
        ("docker/dev.Dockerfile", "docker"),
        ("Dockerfile.prod", "docker"),
        ("compose.override.yaml", "compose"),
        ("docker-compose.prod.yml", "compose"),
        ("deploy/k8s/api.yaml", "manifest"),
        ("Procfile", "lines"),
        ("scripts/docker-entrypoint.sh", "lines"),
        ("config.yaml", ""),
        ("mkdocs.yml", ""),
        ("restart_notes.sh.txt", ""),
        ("app/main.py", ""),
        ("dockerfile_tools.py", ""),
    ],
)
def test_which_files_are_read(path: str, kind: str) -> None:
    assert kind_of(path) == kind


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x]\n"
        + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
        + "services: *a59",
        "services: &s\n  web: *s\n  command: *s\n  deploy: *s\n",
        "services: &s\n  web: &w {<<: *w, command: gunicorn -w 2 a:b}\n",
        'services: !!python/object/apply:os.system ["exit 1"]',
        f"services: {{web: {{deploy: {{replicas: {'9' * 5000}}}}}}}",
        "services: {web: {command: !!timestamp 99999-99-99, deploy: {replicas: .inf}}}",
    ],
    ids=["aliases", "circle", "merged with itself", "code", "digits", "no date"],
)
@pytest.mark.parametrize("name", ["docker-compose.yml", "deploy.yaml"])
def test_hostile_manifests_start_nothing_and_take_no_time(text: str, name: str) -> None:
    start = process_time()
    assert all(held.count >= 0 for held in read_launches(name, text.encode()))
    assert process_time() - start < 5
