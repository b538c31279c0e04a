-- list_clients --
-- Every customer with what dialogues may speak of, and with what must not be told of them.
select c.id, c.full_name, c.phone, c.address_line, c.postcode, c.date_of_birth, l.email,
       array(select a.name from accounts a where a.customer_id = c.id order by a.name) as accounts,
       array(select k.last4 || ' ' || k.kind from cards k where k.customer_id = c.id and k.status in ('active', 'frozen')
              order by 1) as cards,
       array(select p.name from payees p where p.customer_id = c.id order by p.name) as payees,
       array(select t.id::text from transactions t where t.customer_id = c.id order by t.id desc limit 8) as transactions,
       array(select m.name from transactions t join merchants m on m.id = t.merchant_id
              where t.customer_id = c.id group by m.name order by max(t.id) desc limit 8) as merchants,
       array(select d.reference from disputes d where d.customer_id = c.id and d.decided_at is null
              order by d.transaction_id) as disputes,
       array(select f.id::text from attachments f where f.customer_id = c.id and f.purpose = 'identity') as files
from customers c left join credentials l on l.customer_id = c.id
order by c.id
