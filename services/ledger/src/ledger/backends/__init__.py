"""SQLAlchemy and Alembic: tables, engines, migrations and the writer."""
