-- The role the pipeline reads with; it may only read. psql runs this once, when the database is new.
\set reader_password `cat /run/secrets/reader_password`
create role lakehouse_reader login password :'reader_password';
grant pg_read_all_data to lakehouse_reader;
