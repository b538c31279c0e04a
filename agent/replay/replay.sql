-- find_turn_record --
-- A turn's record, as the owner of the tables reads it.
select turn_id, model, digests, policy_version, sealed, recorded_at from turn_records where turn_id = %(turn_id)s

-- list_changed_passages --
-- Passages of a record that are not published any more: an article that was changed has others.
select wanted.id from unnest(%(ids)s::text[]) wanted (id)
 where not exists (select from kb_chunks c where c.id = wanted.id)
