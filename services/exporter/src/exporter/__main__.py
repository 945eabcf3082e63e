"""`python -m exporter` runs the service."""

from exporter.app import create_app
from exporter.settings import ExporterSettings
from ratchet.host import run

if __name__ == "__main__":
    run("exporter", ExporterSettings(), create_app)
