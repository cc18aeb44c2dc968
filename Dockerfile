# lightlab on a CPU:  docker build -t lightlab . && docker run --rm -v "$PWD:/experiments" lightlab train task=linear_regression
FROM python:3.13-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/lightlab
ENV PATH=/opt/lightlab/bin:$PATH
# The index that `pip` takes PyTorch from: build with --build-arg PIP_INDEX_URL=… --build-arg PIP_EXTRA_INDEX_URL=… for another,
# such as PyTorch's own for CPUs, whose wheels are a tenth of the size.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
COPY constraints.txt pyproject.toml setup.py MANIFEST.in README.md LICENSE /src/
COPY src /src/src
COPY conf /src/conf
RUN pip install --no-cache-dir -c /src/constraints.txt "/src[rhymes,search]"

FROM python:3.13-slim
RUN useradd --create-home --uid 1000 lightlab && mkdir /experiments && chown lightlab /experiments
COPY --from=build /opt/lightlab /opt/lightlab
ENV PATH=/opt/lightlab/bin:$PATH PYTHONUNBUFFERED=1
USER lightlab
WORKDIR /experiments
ENTRYPOINT ["lightlab"]
CMD ["--help"]
