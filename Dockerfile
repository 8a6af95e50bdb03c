# docker build -t statelint . && docker run --rm -v "$PWD:/src:ro" statelint check
FROM python:3.12-slim
RUN apt-get update && apt-get install --yes --no-install-recommends git && rm -rf /var/lib/apt/lists/*
COPY . /opt/statelint
RUN pip install --no-cache-dir /opt/statelint && rm -rf /opt/statelint \
    && git config --system --add safe.directory /src
RUN useradd --create-home statelint
USER statelint
ENV STATELINT_CACHE_DIR=/tmp/statelint
WORKDIR /src
ENTRYPOINT ["statelint"]
