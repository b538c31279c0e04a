-- find_checkpoint --
-- The latest of a thread, with what of it is no JSON and the writes that wait for it.
select c.checkpoint_id, c.checkpoint::text as checkpoint, c.metadata::text as metadata,
       (select coalesce(jsonb_agg(jsonb_build_array(b.channel, b.type, encode(b.blob, 'base64'))), '[]')::text
          from checkpoint_blobs b
         where b.thread_id = c.thread_id and b.checkpoint_ns = c.checkpoint_ns
           and b.version = c.checkpoint -> 'channel_versions' ->> b.channel) as blobs,
       (select coalesce(jsonb_agg(jsonb_build_array(w.task_id, w.channel, w.type, encode(w.blob, 'base64'))
                                  order by w.task_path, w.task_id, w.idx), '[]')::text
          from checkpoint_writes w
         where w.thread_id = c.thread_id and w.checkpoint_ns = c.checkpoint_ns and w.checkpoint_id = c.checkpoint_id)
           as writes
  from checkpoints c
 where c.thread_id = %(thread)s and c.checkpoint_ns = %(ns)s
 order by c.checkpoint_id desc limit 1

-- put_checkpoint --
-- In place of the thread's earlier ones and all that belonged to them. A run that lost its thread to a later one takes
-- nothing of that one away.
with older as (
    delete from checkpoints where thread_id = %(thread)s and checkpoint_ns = %(ns)s and checkpoint_id < %(id)s
), writes as (
    delete from checkpoint_writes where thread_id = %(thread)s and checkpoint_ns = %(ns)s and checkpoint_id < %(id)s
), blobs as (
    delete from checkpoint_blobs
     where thread_id = %(thread)s and checkpoint_ns = %(ns)s
       and not exists (select from checkpoints
                        where thread_id = %(thread)s and checkpoint_ns = %(ns)s and checkpoint_id >= %(id)s)
)
insert into checkpoints (thread_id, checkpoint_ns, checkpoint_id, checkpoint, metadata)
values (%(thread)s, %(ns)s, %(id)s, %(checkpoint)s, %(metadata)s)
on conflict (thread_id, checkpoint_ns, checkpoint_id)
do update set checkpoint = excluded.checkpoint, metadata = excluded.metadata

-- put_blob --
-- A value that is no JSON.
insert into checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
values (%(thread)s, %(ns)s, %(channel)s, %(version)s, %(type)s, %(blob)s)
on conflict (thread_id, checkpoint_ns, channel, version) do update set type = excluded.type, blob = excluded.blob

-- put_write --
-- What a node wrote before the graph stopped, for the step that goes on from there.
insert into checkpoint_writes (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
values (%(thread)s, %(ns)s, %(id)s, %(task)s, %(path)s, %(idx)s, %(channel)s, %(type)s, %(blob)s)
on conflict (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
do update set channel = excluded.channel, type = excluded.type, blob = excluded.blob

-- delete_checkpoints --
-- Of a thread.
with writes as (delete from checkpoint_writes where thread_id = %(thread)s),
     blobs as (delete from checkpoint_blobs where thread_id = %(thread)s)
delete from checkpoints where thread_id = %(thread)s
