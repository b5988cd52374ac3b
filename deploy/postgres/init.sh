#!/bin/bash
# Runs once, on an empty data folder: a database and a role for each service. The roles koko_api
# and koko_worker are made by koko migrate, for which the owner may create roles.
set -euo pipefail

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
\getenv owner OWNER_DB_PASSWORD
\getenv temporal TEMPORAL_DB_PASSWORD
\getenv oidc OIDC_DB_PASSWORD

CREATE ROLE koko     LOGIN CREATEROLE PASSWORD :'owner';
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE ROLE oidc     LOGIN PASSWORD :'oidc';

CREATE DATABASE koko                OWNER koko;
CREATE DATABASE temporal            OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
CREATE DATABASE oidc                OWNER oidc;

-- KoKo's own database stays open to the roles that koko migrate makes; tables are granted there.
REVOKE ALL ON DATABASE temporal, temporal_visibility, oidc FROM PUBLIC;
SQL
