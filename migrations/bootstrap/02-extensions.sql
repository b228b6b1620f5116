-- All three are trusted: a database owner may create them. One that the platform has already, wherever it
-- keeps it, is left there.

create extension if not exists btree_gist with schema public; -- one provider, one place at a time
create extension if not exists cube with schema public; -- distances between places, with an index
create extension if not exists pg_trgm with schema public; -- search by part of a name
