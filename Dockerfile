# The app and the API on port 8501. Neither root nor a writable disk is needed to run.
FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/ocr
COPY requirements.txt ./
RUN /opt/ocr/bin/pip install -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY ocr_core ocr_core
COPY app app
COPY sample_images sample_images
COPY .streamlit .streamlit
RUN /opt/ocr/bin/pip install '.[app,cluster,rapidocr]' \
    && /opt/ocr/bin/python -m ocr_core.imaging.dewarp_model

FROM python:3.11-slim-bookworm

# Debian's releases pin the versions: within one, only fixes come.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        tesseract-ocr tesseract-ocr-deu tesseract-ocr-fra tesseract-ocr-ind \
        tesseract-ocr-frk \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --home-dir /tmp --shell /usr/sbin/nologin ocr \
    && install --directory --owner 10001 /projects

ENV PATH=/opt/ocr/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /srv
COPY --from=build /opt/ocr /opt/ocr
COPY .streamlit .streamlit
COPY sample_images sample_images
COPY ocr_core ocr_core
COPY app app

USER 10001
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8501/api/health', timeout=4)"]
CMD ["python", "-m", "streamlit", "run", "app/asgi.py", "--server.address", "0.0.0.0", "--server.port", "8501"]
