-- find_own_index --
-- The base's own index of vectors, if there is one; not valid if it could not be finished.
select i.indisvalid from pg_index i where i.indexrelid = to_regclass(%(name)s)

-- count_passages --
select coalesce(sum(passages), 0)::integer as passages from kb_sizes where kb = %(kb)s

-- forget_words --
delete from kb_words where kb = %(kb)s

-- count_words --
-- In how many passages of the base each word stands.
insert into kb_words (kb, audience, word, passages)
select kb, audience, word, count(*) from kb_postings where kb = %(kb)s group by kb, audience, word

-- mark_changed --
-- A search may find something else from now on.
update knowledge_bases set index_version = index_version + 1 where kb = %(kb)s
