-- insert_challenge --
-- One for each operation; no row changes when it was asked for already.
insert into step_up_challenges (operation_id, customer_id, payload_hash, sent_at)
select id, customer_id, payload_hash, %(now)s from banking_operations
 where id = %(operation_id)s and customer_id = %(customer_id)s and status = 'pending'
on conflict (operation_id) do nothing

-- count_try --
-- Takes one of the five tries, before the code is looked at. No row: there is none left.
update step_up_challenges set tries = tries + 1
 where operation_id = %(operation_id)s and customer_id = %(customer_id)s and tries < 5 and verified_at is null
returning tries

-- verify_challenge --
update step_up_challenges set verified_at = %(now)s
 where operation_id = %(operation_id)s and customer_id = %(customer_id)s and verified_at is null

-- insert_outbox --
insert into demo_outbox (customer_id, text, code, sent_at) values (%(customer_id)s, %(text)s, %(code)s, %(now)s)

-- list_outbox --
-- What was sent to the customer, the latest first.
select text, code, sent_at from demo_outbox where customer_id = %(customer_id)s order by id desc limit 20
