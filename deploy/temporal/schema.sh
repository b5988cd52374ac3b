#!/bin/sh
# Brings Temporal's two databases to the schema of this version. Repeating it changes nothing.
# Host, user and password come from the environment (SQL_HOST, SQL_USER, SQL_PASSWORD).
set -eu

schema() {
	temporal-sql-tool --db "$1" setup-schema -v 0.0
	temporal-sql-tool --db "$1" update-schema -d "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

schema temporal temporal
schema temporal_visibility visibility
